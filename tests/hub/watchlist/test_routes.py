"""The repository over HTTPS: who gets in, which names exist, and going on with a download."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from sqlalchemy import text

from credentials.tls import client_context, server_context
from hub.bootstrap import Services
from hub.https import HttpsServer, ListenError
from hub.watchlist.routes import build_units_app
from tests.support.broker import free_port
from tests.support.hub_site import HubSite, register
from tests.support.tuf_unit import HttpsFetcher, TufUnit

BIG = bytes(range(256)) * 10_000  # 2.5 MB: more than one chunk


@dataclass
class Listener:
    site: HubSite
    hub: Services
    pool: urllib3.PoolManager
    url: str

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("GET", f"{self.url}/{path}", headers=headers)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    site = HubSite(tmp_path)
    port = free_port()
    tls, unit_tls = site.folder / "hub" / "tls", site.unit_folder() / "tls"
    context = server_context(certificate=tls / "units.crt", key=tls / "units.key", authority=tls / "ca.crt")
    mine = client_context(authority=unit_tls / "ca.crt", certificate=unit_tls / "unit.crt", key=unit_tls / "unit.key")
    stop = threading.Event()
    with site.services() as hub, urllib3.PoolManager(ssl_context=mine, retries=False, timeout=60) as pool:
        register(hub)
        hub.watchlist.publish("test")
        server = HttpsServer(build_units_app(hub.watchlist), "127.0.0.1", port, context)
        thread = threading.Thread(target=server.run, args=(stop,))
        thread.start()
        try:
            yield Listener(site, hub, pool, f"https://127.0.0.1:{port}/watchlist")
        finally:
            pool.clear()  # A client that keeps its connection keeps the server up for its time of grace.
            stop.set()
            thread.join()


def put_big_file(listener: Listener) -> None:
    with listener.hub.database.begin() as connection:
        connection.execute(
            text("INSERT INTO watchlist_files (path, content) VALUES ('targets/big', :content)"), {"content": BIG}
        )


def test_unit_follows_the_list_over_https_with_its_certificate(listener: Listener, tmp_path: Path) -> None:
    fetcher = HttpsFetcher(listener.site.unit_folder())
    unit = TufUnit(tmp_path / "unit", listener.site, fetcher, unit=listener.site.unit().identity, base=listener.url)
    assert len(unit.cases()) == 1
    register(listener.hub, "another")
    listener.hub.watchlist.publish("test")
    assert len(unit.cases()) == 2
    fetcher.close()


def test_client_without_a_certificate_of_the_authority_is_not_let_in(listener: Listener, tmp_path: Path) -> None:
    stranger = HubSite(tmp_path / "elsewhere")
    anonymous = ssl.create_default_context(cafile=str(listener.site.unit_folder() / "tls" / "ca.crt"))
    foreign = ssl.create_default_context(cafile=str(listener.site.unit_folder() / "tls" / "ca.crt"))
    foreign.load_cert_chain(stranger.unit_folder() / "tls" / "unit.crt", stranger.unit_folder() / "tls" / "unit.key")
    for context in (anonymous, foreign):
        pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=60)
        with pool, pytest.raises((urllib3.exceptions.SSLError, urllib3.exceptions.ProtocolError)):
            pool.request("GET", f"{listener.url}/metadata/timestamp.json")


@pytest.mark.parametrize(
    "name",
    [
        "metadata/../../../../../../etc/passwd",
        "metadata/%2e%2e/%2e%2e/hub.toml",
        "targets//etc/passwd",
        "metadata/9.snapshot.json",
        "metadata/snapshot.json",
        "metadata/",
        "",
        "targets/%00",
        "targets/x'%20OR%20'1'='1",
        "metadata/" + "a" * 3000,
    ],
)
def test_only_published_names_exist(listener: Listener, name: str) -> None:
    assert listener.get(name).status == 404


def test_nothing_can_be_changed_over_https(listener: Listener) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = listener.pool.request(method, f"{listener.url}/metadata/timestamp.json")
        assert answer.status == 405


def test_timestamp_is_never_taken_from_a_cache_and_the_rest_may_be(listener: Listener) -> None:
    assert listener.get("metadata/timestamp.json").headers["cache-control"] == "no-store"
    assert "immutable" in listener.get("metadata/1.snapshot.json").headers["cache-control"]


def test_metadata_is_compressed_for_who_can_read_it_and_targets_are_not(listener: Listener) -> None:
    put_big_file(listener)
    plain = listener.get("metadata/1.targets.json")
    short = listener.get("metadata/1.targets.json", **{"Accept-Encoding": "gzip"})
    assert short.headers["content-encoding"] == "gzip"
    assert int(short.headers["content-length"]) < int(plain.headers["content-length"])
    assert short.data == plain.data
    part = listener.get("metadata/1.targets.json", **{"Accept-Encoding": "gzip", "Range": "bytes=10-19"})
    assert (part.headers.get("content-encoding"), part.data) == (None, plain.data[10:20])
    assert "content-encoding" not in listener.get("targets/big", **{"Accept-Encoding": "gzip"}).headers


def test_large_file_comes_whole(listener: Listener) -> None:
    put_big_file(listener)
    answer = listener.get("targets/big")
    assert (answer.status, answer.data) == (200, BIG)


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=1048570-1048589", 1_048_570, 1_048_590),  # across a chunk's end
        (f"bytes={len(BIG) - 5}-", len(BIG) - 5, len(BIG)),
        (f"bytes={len(BIG) - 5}-99999999", len(BIG) - 5, len(BIG)),
    ],
)
def test_download_goes_on_where_it_was_cut(listener: Listener, wanted: str, start: int, stop: int) -> None:
    put_big_file(listener)
    answer = listener.get("targets/big", Range=wanted)
    assert (answer.status, answer.data) == (206, BIG[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BIG)}"


@pytest.mark.parametrize("wanted", [f"bytes={len(BIG)}-", "bytes=9-3", "bytes=-5", "bytes=0-1,5-9", "rows=1-2", "x"])
def test_range_that_cannot_be_given_is_said_to_be_so(listener: Listener, wanted: str) -> None:
    put_big_file(listener)
    answer = listener.get("targets/big", Range=wanted)
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(BIG)}")


def test_port_that_is_taken_is_named(listener: Listener) -> None:
    port = urllib3.util.parse_url(listener.url).port
    assert port is not None
    tls = listener.site.folder / "hub" / "tls"
    context = server_context(certificate=tls / "units.crt", key=tls / "units.key")
    with pytest.raises(ListenError, match=f"127.0.0.1:{port}: Address already in use"):
        HttpsServer(build_units_app(listener.hub.watchlist), "127.0.0.1", port, context)
