"""The hub's TUF repository as this unit trusts it: python-tuf's client, and what it leaves to its caller.

python-tuf compares expiry with the machine's clock. A board that boots in 1970 would take a list of any
age for fresh, so everything is checked again with the trusted time, which is never earlier.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError
from tuf.api.metadata import Metadata, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from credentials.private_files import DiskError
from edge_agent.watchlist.fetcher import ResumingFetcher
from edge_agent.watchlist.store import StoredTarget, WatchlistStore
from faults import RejectedError, UnavailableError
from protocol.errors import FieldError
from protocol.fields import MAX_MILLISECONDS
from protocol.ids import SliceName, UnitId
from protocol.segment import MAX_SEGMENT
from protocol.targets import keyring_path, parse_segment_path, segment_path, slice_role

PUBLISHED_AT: Final = "published_at"
"""The field of snapshot.json's signed part in which a hub says when it published the list, in milliseconds."""

S = TypeVar("S", Timestamp, Snapshot, Targets)


class HubUnreachableError(UnavailableError):
    """The hub's watchlist server does not answer, or the connection breaks off."""


class RepositoryRejectedError(RejectedError):
    """What the hub's watchlist server gave is not what the hub signed, is too old, or takes something back."""


class KeyringMissingError(UnavailableError):
    """The hub has not published a keyring for this unit yet."""


class Repository:
    """One look at the repository: everything it returns belongs to one consistent snapshot."""

    def __init__(
        self, store: WatchlistStore, *, url: str, root: bytes, fetcher: ResumingFetcher, now: datetime
    ) -> None:
        """Fetch and verify the top-level metadata. `root`: the trusted root.json; `now`: the trusted time.

        Raises HubUnreachableError, RepositoryRejectedError or DiskError; so do the methods.
        """
        self._store = store
        self._now = now
        with _translated():
            self._updater = Updater(
                metadata_dir=str(store.metadata),
                metadata_base_url=f"{url}/metadata/",
                target_base_url=f"{url}/targets/",
                fetcher=fetcher,
                # A list of 200,000 cases still has few targets, but each unit has a keyring among them.
                config=UpdaterConfig(snapshot_max_length=8_000_000, targets_max_length=32_000_000),
                bootstrap=root,
            )
            self._updater.refresh()
            self.timestamp = self._current("timestamp", Timestamp)
            self.snapshot = self._current("snapshot", Snapshot)
            self._targets = self._metadata("targets", Targets)
            self._require_current(self._targets.signed)

    @property
    def published_at(self) -> int | None:
        """When the hub says that it published this list, in milliseconds since 1970 UTC."""
        value = self.snapshot.unrecognized_fields.get(PUBLISHED_AT)
        return value if isinstance(value, int) and 0 < value <= MAX_MILLISECONDS else None

    def keyring(self, unit: UnitId) -> StoredTarget:
        """Fetch the unit's keyring. Raises KeyringMissingError too."""
        with _translated():
            target = self._updater.get_targetinfo(keyring_path(unit))
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
        with _translated():
            role = slice_role(name)
            delegations = self._targets.signed.delegations
            if delegations is None or role not in (delegations.roles or {}):
                return []
            # Asking for any of its targets makes python-tuf fetch and verify the role's metadata.
            self._updater.get_targetinfo(segment_path(name, 1))
            paths = sorted(self._role(role).targets, key=lambda path: _sequence(name, path))
            return [self._fetch(self._find(path)) for path in paths]

    def _role(self, role: str) -> Targets:
        metadata = self._metadata(role, Targets)
        # python-tuf keeps the role's metadata on disk. Were the delegation's patterns not to cover the
        # slice, it would not have looked, and the file would be one of an earlier list.
        self._targets.signed.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        if metadata.signed.version != self.snapshot.meta[f"{role}.json"].version:
            raise RepositoryError(f"{role} is not delegated for the slice's own targets")
        self._require_current(metadata.signed)
        return metadata.signed

    def _find(self, path: str) -> TargetFile:
        target = self._updater.get_targetinfo(path)
        if target is None:
            raise RepositoryError(f"{path} is listed by a role that may not sign it")
        return target

    def _fetch(self, target: TargetFile) -> StoredTarget:
        sha256 = target.hashes.get("sha256", "")
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef") or target.length > MAX_SEGMENT:
            raise RepositoryError(f"{target.path} has no usable SHA-256 or is too long")
        place = self._store.target_file(sha256)
        if self._updater.find_cached_target(target, str(place)) is None:
            self._updater.download_target(target, str(place))
        return StoredTarget(target.path, sha256)

    def _current(self, role: str, kind: type[S]) -> S:
        signed = self._metadata(role, kind).signed
        self._require_current(signed)
        return signed

    def _metadata(self, role: str, kind: type[S]) -> Metadata[S]:
        metadata = Metadata[S].from_bytes((self._store.metadata / f"{quote(role, '')}.json").read_bytes())
        if not isinstance(metadata.signed, kind):
            raise RepositoryError(f"{role}.json is of another role")
        return metadata

    def _require_current(self, signed: Signed) -> None:
        if signed.is_expired(self._now):
            raise ExpiredMetadataError(f"{signed.type}.json expired at {signed.expires:%Y-%m-%d %H:%M} UTC")


def _sequence(name: SliceName, path: str) -> int:
    owner, sequence = parse_segment_path(path)
    if owner != name:
        raise FieldError(f"A segment of {owner} is listed under {name}.")
    return sequence


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DownloadError as error:
        raise HubUnreachableError(
            f"The watchlist could not be fetched ({error}). The one on this unit stays in use; it is tried again."
        ) from error
    except RepositoryError as error:
        raise RepositoryRejectedError(
            f"The watchlist that the hub's server gave is refused ({error}). The one on this unit stays in use. "
            "Tell the hub's operator; if it repeats, check this unit's clock."
        ) from error
    except OSError as error:
        raise DiskError(f"The watchlist could not be written to this unit's disk: {error.strerror}.") from error


def read_root(path: Path) -> bytes:
    """The root of trust that provisioning put on the unit. Raises RepositoryRejectedError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RepositoryRejectedError(f"The root of trust {path} cannot be read: {error.strerror}.") from error
