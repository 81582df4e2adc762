"""The watchlist in a hub's TUF repository: this unit's keyring, and the segments of its slices."""

from datetime import datetime
from pathlib import Path
from typing import Final

from tuf.api.metadata import TargetFile
from tuf.ngclient.fetcher import FetcherInterface

from edge_agent.watchlist.store import StoredTarget, WatchlistStore
from edge_agent.watchlist.verified import (
    HubUnreachableError,
    RepositoryRejectedError,
    VerifiedRepository,
    refused,
)
from faults import UnavailableError
from protocol.errors import FieldError
from protocol.fields import MAX_MILLISECONDS
from protocol.ids import SliceName, UnitId
from protocol.segment import MAX_SEGMENT
from protocol.targets import keyring_path, parse_segment_path, segment_path, slice_role

__all__ = [
    "PUBLISHED_AT",
    "HubUnreachableError",
    "KeyringMissingError",
    "Repository",
    "RepositoryRejectedError",
    "read_root",
]

PUBLISHED_AT: Final = "published_at"
"""The field of snapshot.json's signed part in which a hub says when it published the list, in milliseconds."""

SIGNED_AT: Final = "signed_at"
"""The field of timestamp.json's signed part in which a hub says when it signed it, in milliseconds."""


class KeyringMissingError(UnavailableError):
    """The hub has not published a keyring for this unit yet."""


class Repository:
    """One look at the repository: everything it returns belongs to one consistent snapshot."""

    def __init__(
        self, store: WatchlistStore, *, url: str, root: bytes, fetcher: FetcherInterface, now: datetime
    ) -> None:
        """Fetch and verify the top-level metadata. `root`: the trusted root.json; `now`: the trusted time.

        Raises HubUnreachableError, RepositoryRejectedError or DiskError; so do the methods.
        """
        self._store = store
        self._verified = VerifiedRepository(
            store.metadata,
            metadata_url=f"{url}/metadata/",
            targets_url=f"{url}/targets/",
            root=root,
            fetcher=fetcher,
            now=now,
        )
        self.list_version = self._verified.snapshot.version
        self.timestamp_version = self._verified.timestamp.version

    @property
    def published_at(self) -> int | None:
        """When the hub says that it published this list, in milliseconds since 1970 UTC."""
        return _moment(self._verified.snapshot.unrecognized_fields.get(PUBLISHED_AT))

    @property
    def signed_at(self) -> int | None:
        """When the hub says that it signed that this list is the newest, in milliseconds since 1970 UTC."""
        return _moment(self._verified.timestamp.unrecognized_fields.get(SIGNED_AT))

    def keyring(self, unit: UnitId) -> StoredTarget:
        """Fetch the unit's keyring. Raises KeyringMissingError too."""
        target = self._verified.find(keyring_path(unit))
        if target is None:
            raise KeyringMissingError(
                f"The hub has not published a keyring for {unit} yet. Its operator has to add this unit "
                "and publish the watchlist."
            )
        return self._fetch(target)

    def segments(self, name: SliceName) -> list[StoredTarget]:
        """Fetch the slice's segments that are not on disk yet; all of them, in order of sequence.

        A slice that the hub no longer delegates has none.
        """
        targets = self._verified.delegated(slice_role(name), path=segment_path(name, 1))
        paths = [] if targets is None else sorted(targets.targets, key=lambda path: _sequence(name, path))
        return [self._fetch(self._find(path)) for path in paths]

    def _find(self, path: str) -> TargetFile:
        target = self._verified.find(path)
        if target is None:
            raise refused(f"{path} is listed by a role that may not sign it")
        return target

    def _fetch(self, target: TargetFile) -> StoredTarget:
        sha256 = target.hashes.get("sha256", "")
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef") or target.length > MAX_SEGMENT:
            raise refused(f"{target.path} has no usable SHA-256 or is too long")
        self._verified.fetch(target, self._store.target_file(sha256))
        return StoredTarget(target.path, sha256)


def _sequence(name: SliceName, path: str) -> int:
    owner, sequence = parse_segment_path(path)
    if owner != name:
        raise FieldError(f"A segment of {owner} is listed under {name}.")
    return sequence


def _moment(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value <= MAX_MILLISECONDS else None


def read_root(path: Path) -> bytes:
    """The root of trust that provisioning put on the unit. Raises RepositoryRejectedError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RepositoryRejectedError(f"The root of trust {path} cannot be read: {error.strerror}.") from error
