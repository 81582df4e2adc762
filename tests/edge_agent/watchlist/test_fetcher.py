"""Downloads over a link that breaks: nothing is fetched twice, nothing without end, and every cut is survived."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError, SlowRetrievalError

from credentials.tls import client_context
from edge_agent.watchlist.fetcher import ResumingFetcher
from tests.edge_agent.site import Site

BODY = np.random.default_rng(1).bytes(200_000)
PATH = "/watchlist/targets/abc.segment"


@pytest.fixture
def url(site: Site) -> str:
    site.hub.server.files[PATH] = BODY
    text = (site.unit / "edge.toml").read_text()
    base = next(line.split('"')[1] for line in text.splitlines() if line.startswith("watchlist_url"))
    return base.removesuffix("/watchlist") + PATH


Make = Callable[..., ResumingFetcher]


@pytest.fixture
def make(site: Site, tmp_path: Path) -> Iterator[Make]:
    tls = site.unit / "tls"
    partial = tmp_path / "partial"
    partial.mkdir()
    made: list[ResumingFetcher] = []

    def fetcher(**options: Any) -> ResumingFetcher:
        context = client_context(authority=tls / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key")
        made.append(ResumingFetcher(context, partial, **({"stopping": lambda: False} | options)))
        return made[-1]

    yield fetcher
    for each in made:
        each.close()


def fetch(fetcher: ResumingFetcher, url: str, limit: int = len(BODY)) -> bytes:
    with fetcher.download_file(url, limit) as file:
        return file.read()


def test_cut_at_any_byte_is_resumed_from_that_byte(site: Site, make: Make, url: str) -> None:
    fetcher = make()
    for cut in (0, 1, 2, 65_535, 65_536, 65_537, 131_072, len(BODY) - 1, *range(777, len(BODY), 19_993)):
        site.hub.server.requests.clear()
        site.hub.server.mischief.cut_after[".segment"] = [cut]
        assert fetch(fetcher, url) == BODY
        assert [asked for _, asked in site.hub.server.requests] == [None, f"bytes={cut}-" if cut else None]


def test_link_that_breaks_every_few_bytes_gets_there(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.cut_after[".segment"] = [5_000] * 39
    assert fetch(make(), url) == BODY


def test_what_arrived_survives_the_program(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.cut_after[".segment"] = [150_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="breaks off"):
        fetch(make(), url)
    site.hub.server.mischief.cut_after.clear()
    site.hub.server.requests.clear()
    assert fetch(make(), url) == BODY
    assert [asked for _, asked in site.hub.server.requests] == ["bytes=150000-"]


def test_file_that_had_arrived_whole_is_only_confirmed(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.cut_after[".segment"] = [len(BODY) - 1, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(make(), url)
    (partial,) = (site.folder.parent / "partial").iterdir()
    partial.write_bytes(BODY)
    assert fetch(make(), url) == BODY


def test_partial_file_is_gone_whether_it_was_taken_or_refused(site: Site, make: Make, url: str) -> None:
    class RefusedError(Exception):
        pass

    with pytest.raises(RefusedError), make().download_file(url, len(BODY)):
        raise RefusedError
    assert list((site.folder.parent / "partial").iterdir()) == []


def test_more_than_announced_is_not_fetched(site: Site, make: Make, url: str) -> None:
    with pytest.raises(DownloadLengthMismatchError):
        fetch(make(), url, len(BODY) - 1)
    assert list((site.folder.parent / "partial").iterdir()) == []


def test_endless_answer_is_left(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.endless.add(".segment")
    with pytest.raises(DownloadLengthMismatchError):
        fetch(make(), url)


def test_trickle_is_left_and_what_came_is_kept(site: Site, make: Make, url: str) -> None:
    clock = iter(range(0, 100_000, 1000))
    with pytest.raises(SlowRetrievalError):
        fetch(make(monotonic=lambda: float(next(clock))), url)
    (partial,) = (site.folder.parent / "partial").iterdir()
    assert BODY.startswith(partial.read_bytes())
    assert fetch(make(), url) == BODY


@pytest.mark.parametrize("rate", [2_000, 10_000, 64_000])
def test_download_leaves_the_line_to_sightings(site: Site, make: Make, url: str, rate: int) -> None:
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    assert fetch(make(bytes_per_second=rate, monotonic=lambda: passed[0], sleep=sleep), url) == BODY
    assert passed[0] >= len(BODY) / rate - 1


def test_program_that_stops_does_not_wait_for_the_download(site: Site, make: Make, url: str) -> None:
    with pytest.raises(DownloadError, match="stopping"):
        fetch(make(stopping=lambda: True), url)


def test_server_that_cannot_resume_begins_anew_next_time(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.no_ranges = True
    site.hub.server.mischief.cut_after[".segment"] = [10_000]
    with pytest.raises(DownloadHTTPError):
        fetch(make(), url)
    assert fetch(make(), url) == BODY


def test_server_that_is_down_for_a_while_does_not_cost_what_arrived(site: Site, make: Make, url: str) -> None:
    site.hub.server.mischief.cut_after[".segment"] = [150_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(make(), url)
    site.hub.server.mischief.cut_after.clear()
    site.hub.server.mischief.down = True
    with pytest.raises(DownloadHTTPError):
        fetch(make(), url)
    site.hub.server.mischief.down = False
    site.hub.server.requests.clear()
    assert fetch(make(), url) == BODY
    assert site.hub.server.requests[0][1] == "bytes=150000-"


def test_file_that_is_not_there_leaves_nothing(site: Site, make: Make, url: str) -> None:
    with pytest.raises(DownloadHTTPError) as raised:
        fetch(make(), url.replace("abc", "gone"))
    assert raised.value.status_code == 404
    assert list((site.folder.parent / "partial").iterdir()) == []


def test_client_without_the_units_certificate_gets_nothing(site: Site, url: str, tmp_path: Path) -> None:
    import ssl

    context = ssl.create_default_context(cafile=str(site.unit / "tls" / "ca.crt"))
    fetcher = ResumingFetcher(context, tmp_path, stopping=lambda: False)
    with pytest.raises(DownloadError):
        fetch(fetcher, url)
    assert site.hub.server.requests == []
    fetcher.close()


def test_watchlist_is_not_fetched_in_the_clear(make: Make, url: str) -> None:
    with pytest.raises(DownloadError, match="https"):
        fetch(make(), url.replace("https://", "http://"))


def test_server_of_another_authority_is_not_spoken_to(site: Site, make: Make, url: str, tmp_path: Path) -> None:
    import ssl

    import trustme

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trustme.CA().configure_trust(context)
    fetcher = ResumingFetcher(context, tmp_path, stopping=lambda: False)
    with pytest.raises(DownloadError, match="certificate"):
        fetch(fetcher, url)
    fetcher.close()
