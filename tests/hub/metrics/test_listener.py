"""Who can read the numbers: nobody, unless the settings say so; and beyond this machine only with a token."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from credentials.private_files import PrivateFileError
from faults import UnavailableError
from hub.config import HubSettings, SettingsError
from hub.metrics.model import Kind, Metric, Sample
from hub.metrics.routes import build_metrics_app, build_metrics_server
from tests.support.broker import free_port
from tests.support.hub_site import HubProcess, HubSite

NUMBERS = [Metric("mca_hub_units", "Units.", Kind.GAUGE, (Sample(3),))]
TOKEN = b"0123456789abcdef"


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


def ask(token: bytes | None, collect: Callable[[], list[Metric]] = lambda: NUMBERS, **headers: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(build_metrics_app(collect, token))
        async with httpx.AsyncClient(transport=transport, base_url="https://hub") as client:
            return await client.get(
                "/metrics", headers=[(name.encode(), value.encode()) for name, value in headers.items()]
            )

    return anyio.run(get)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer 0123456789abcdeg", "Basic 0123456789abcdef", "é"])
def test_wrong_token_reads_nothing(given: str) -> None:
    answer = ask(TOKEN, authorization=given)
    assert answer.status_code == 401
    assert "units" not in answer.text


def test_right_token_reads_the_numbers() -> None:
    answer = ask(TOKEN, authorization=f"Bearer {TOKEN.decode()}")
    assert answer.text.endswith("mca_hub_units 3\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_no_listener_unless_a_port_is_set(site: HubSite) -> None:
    assert build_metrics_server(site.settings, lambda: NUMBERS) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "hub.example"])
def test_listener_for_others_without_a_token_is_refused(site: HubSite, host: str) -> None:
    with pytest.raises(SettingsError, match="metrics_token_file"):
        build_metrics_server(changed(site, metrics_host=host, metrics_port=free_port()), lambda: NUMBERS)


def test_token_that_can_be_guessed_or_read_by_others_is_refused(site: HubSite, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("short")
    settings = changed(site, metrics_port=free_port(), metrics_token_file=token)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        build_metrics_server(settings, lambda: NUMBERS)
    token.chmod(0o600)
    with pytest.raises(PrivateFileError, match="at least 16"):
        build_metrics_server(settings, lambda: NUMBERS)


def test_database_that_is_away_is_said_and_not_guessed(site: HubSite) -> None:
    def away() -> list[Metric]:
        raise UnavailableError("gone")

    assert ask(None, away).status_code == 503


def test_running_hub_is_watched_from_its_own_machine(site: HubSite) -> None:
    port = free_port()
    with site.config.open("a") as settings:
        settings.write(f"metrics_port = {port}\n")
    authority = str(site.unit_folder() / "tls" / "ca.crt")
    with HubProcess(site), httpx.Client(verify=ssl.create_default_context(cafile=authority)) as client:
        numbers = client.get(f"https://127.0.0.1:{port}/metrics")
        assert "mca_hub_audit_trail_intact 1\n" in numbers.text
        console = site.settings.console_url
        assert client.get(f"{console}/health/live").status_code == 204
        ready = client.get(f"{console}/health/ready")
        assert (ready.status_code, ready.content) == (204, b"")
        assert client.get(f"{console}/metrics").status_code != 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def changed(site: HubSite, **values: object) -> HubSettings:
    return site.settings.model_copy(update=values)
