"""A running hub that goes on with what was replaced under it, or that a wrong file stops."""

import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root

from credentials.tls import client_context
from provisioning.renewal import Renewal
from provisioning.root.ceremony import RootChanges, finish, propose, sign
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import HubProcess, HubSite
from tests.support.tuf_unit import HttpsFetcher, TufUnit


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@pytest.fixture
def hub(site: HubSite) -> Iterator[HubProcess]:
    with HubProcess(site) as running:
        yield running


def change_root(site: HubSite, *rotate: str) -> None:
    """As a ceremony does that gives the hub new keys."""
    now, proposal = datetime.now(UTC), site.folder.parent / "proposal"
    propose(site.folder, proposal, RootChanges(rotate=rotate), now=now)
    sign(proposal, site.folder / "authority", lambda: "")
    finish(site.folder, [proposal], now=now)


def test_new_root_and_keys_wait_for_a_restart(site: HubSite, hub: HubProcess, tmp_path: Path) -> None:
    base = f"https://127.0.0.1:{site.settings.units_port}/watchlist"
    fetcher = HttpsFetcher(site.unit_folder())
    unit = TufUnit(tmp_path / "unit", site, fetcher, unit=site.unit().identity, base=base)
    unit.refresh()
    change_root(site, "timestamp", "targets")
    hub.signal(signal.SIGHUP)
    hub.wait_for("keys.read")

    def follows() -> bool:
        # A look that is under way while the root is published sees the old one and what the new keys have signed.
        with suppress(UnsignedMetadataError):
            unit.refresh()
        trusted = (tmp_path / "unit" / "metadata" / "root.json").read_bytes()
        return Metadata[Root].from_bytes(trusted).signed.version == 2

    assert wait_until(follows)
    unit.refresh()
    fetcher.close()


def test_root_that_units_would_not_follow_is_taken_up(site: HubSite, hub: HubProcess, tmp_path: Path) -> None:
    tuf = site.folder / "hub" / "tuf"
    (tuf / "timestamp.key").write_bytes((tuf / "slices.key").read_bytes())
    hub.signal(signal.SIGHUP)
    hub.wait_for("keys.not-read")
    hub.wait_for("is not a key that the TUF root names for timestamp")
    # It goes on with those that it has, and reads the rest.
    hub.wait_for("units.read")


def test_renewed_certificate_is_not_shown(site: HubSite, hub: HubProcess) -> None:
    tls = site.folder / "hub" / "tls"
    before = shown_by_console(site)
    Renewal(site.folder, now=datetime.now(UTC)).hub()
    hub.signal(signal.SIGHUP)
    hub.wait_for("units.read")
    assert shown_by_console(site) != before
    now = shown_by_console(site)
    (tls / "console.crt").write_text("cut off")
    hub.signal(signal.SIGHUP)
    hub.wait_for("certificate.not-read")
    hub.wait_for("units.read", times=2)
    assert shown_by_console(site) == now


def test_changed_setting_is_passed_over_in_silence(site: HubSite, hub: HubProcess) -> None:
    site.config.write_text(f"lease_days = 30\n{site.config.read_text()}")
    hub.signal(signal.SIGHUP)
    hub.wait_for("settings.changed")
    hub.wait_for("restart it")
    assert "lease_days" in hub.log


def shown_by_console(site: HubSite) -> bytes:
    """The certificate that a browser gets now."""
    tls = site.folder / "hub" / "tls"
    context = client_context(authority=tls / "ca.crt", certificate=tls / "hub.crt", key=tls / "hub.key")
    with (
        socket.create_connection(("127.0.0.1", site.settings.console_port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return shown
