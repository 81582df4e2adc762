"""A unit's view of the watchlist: python-tuf's own client, and the protocol's code to open what it fetched."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import urllib3
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Targets
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from credentials.tls import client_context
from hub.watchlist.service import WatchlistService
from protocol.envelope import MessageType, open_envelope
from protocol.ids import CaseId, SliceName, UnitId
from protocol.keyring import Keyring
from protocol.keys import Identity, PrivateIdentity
from protocol.segment import EpochKey, Segment, decrypt_segment, segment_epoch
from protocol.targets import keyring_path, parse_segment_path, slice_role
from tests.support.hub_site import SLICE, HubSite

_BASE = "https://hub.invalid/watchlist"


class DirectFetcher(FetcherInterface):
    """Fetches from the watchlist room itself. `before` is called with each path first."""

    def __init__(self, watchlist: WatchlistService, before: Callable[[str], None] = lambda _path: None) -> None:
        self._watchlist = watchlist
        self._before = before

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = unquote(url.removeprefix(f"{_BASE}/"))
        self._before(path)
        size = self._watchlist.size(path)
        content = None if size is None else self._watchlist.read(path, 0, size)
        if content is None:
            raise DownloadHTTPError(f"no {path}", 404)
        return iter([content])


class HttpsFetcher(FetcherInterface):
    """Fetches over HTTPS with a unit's certificate."""

    def __init__(self, folder: Path) -> None:
        tls = folder / "tls"
        context = client_context(authority=tls / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key")
        self._pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=60)

    def _fetch(self, url: str) -> Iterator[bytes]:
        response = self._pool.request("GET", url)
        if response.status != 200:
            raise DownloadHTTPError(f"no {url}", response.status)
        return iter([response.data])

    def close(self) -> None:
        self._pool.clear()


class TufUnit:
    """A unit with its trusted metadata in a folder."""

    def __init__(
        self, folder: Path, site: HubSite, fetcher: FetcherInterface, *, unit: PrivateIdentity, base: str = _BASE
    ) -> None:
        self._folder = folder
        (folder / "metadata").mkdir(parents=True, exist_ok=True)
        (folder / "targets").mkdir(exist_ok=True)
        self._root = site.root
        self._hub: Identity = site.hub
        self._fetcher = fetcher
        self._unit = unit
        self._base = base

    def refresh(self) -> Updater:
        """Verified metadata, or TUF's own error."""
        updater = Updater(
            str(self._folder / "metadata"),
            f"{self._base}/metadata/",
            str(self._folder / "targets"),
            f"{self._base}/targets/",
            fetcher=self._fetcher,
            config=UpdaterConfig(),
            bootstrap=self._root,
        )
        updater.refresh()
        return updater

    def keys(self, updater: Updater) -> dict[tuple[SliceName, int], EpochKey]:
        """What the unit's keyring holds."""
        envelope = self.target(updater, keyring_path(UnitId(self._unit.name)))
        opened = open_envelope(
            envelope,
            recipient=self._unit,
            find_sender=lambda name: self._hub if name == self._hub.name else None,
            expected=MessageType.KEYRING,
        )
        return {(key.slice, key.epoch): key for key in Keyring.from_bytes(opened.payload).keys}

    def segments(self, name: SliceName = SLICE) -> list[Segment]:
        """Every live segment of a slice, opened, in order."""
        updater = self.refresh()
        keys = self.keys(updater)
        updater.get_targetinfo(f"{slice_role(name)}/0.segment")  # Fetches and verifies the slice's role.
        paths = sorted(self.slice_targets(name), key=lambda path: parse_segment_path(path)[1])
        contents = [(path, self.target(updater, path)) for path in paths]
        return [decrypt_segment(data, key=keys[name, segment_epoch(data)], path=path) for path, data in contents]

    def slice_targets(self, name: SliceName) -> list[str]:
        """The paths that the verified role of a slice lists."""
        file = self._folder / "metadata" / f"{slice_role(name).replace('/', '%2F')}.json"
        return list(Metadata[Targets].from_bytes(file.read_bytes()).signed.targets)

    def cases(self, name: SliceName = SLICE) -> set[CaseId]:
        """Whom this unit would search for, having applied every segment in order."""
        segments = self.segments(name)
        assert [segment.snapshot for segment in segments] == [True] + [False] * (len(segments) - 1)
        first = segments[0].sequence
        assert [segment.sequence for segment in segments] == list(range(first, first + len(segments)))
        cases: set[CaseId] = set()
        for segment in segments:
            cases.update(segment.upserts.cases)
            cases.difference_update(segment.removals)
        return cases

    def target(self, updater: Updater, path: str) -> bytes:
        info = updater.get_targetinfo(path)
        assert info is not None, f"the repository lists no {path}"
        return Path(updater.download_target(info)).read_bytes()
