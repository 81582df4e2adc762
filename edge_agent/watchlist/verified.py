"""A TUF repository as its client trusts it: python-tuf's client, and what that leaves to its caller.

python-tuf compares expiry with the machine's clock. A board that boots in 1970 would take a list of any age for
fresh, and one that boots in 2099 none at all. So it is told the time that is given here, on a unit the trusted
time, and what it accepted is checked with that time again, should it ever not listen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError
from tuf.api.metadata import Metadata, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from credentials.private_files import DiskError
from faults import RejectedError, UnavailableError

S = TypeVar("S", Timestamp, Snapshot, Targets)


class HubUnreachableError(UnavailableError):
    """The hub's watchlist server does not answer, or the connection breaks off."""


class RepositoryRejectedError(RejectedError):
    """What the hub's watchlist server gave is not what the hub signed, is too old, or takes something back."""


class VerifiedRepository:
    """One look at a repository: everything it returns belongs to one consistent snapshot."""

    def __init__(
        self,
        metadata: Path,
        *,
        metadata_url: str,
        targets_url: str | None,
        root: bytes,
        fetcher: FetcherInterface,
        now: datetime,
    ) -> None:
        """Fetch and verify the top-level metadata.

        `metadata`: the folder of what was verified before, under names without versions. `root`: the trusted
        root.json. Without `targets_url` nothing can be fetched but metadata.

        Raises HubUnreachableError, RepositoryRejectedError or DiskError; so do the methods.
        """
        self._folder = metadata
        self._now = now
        with _translated():
            self._updater = Updater(
                metadata_dir=str(metadata),
                metadata_base_url=metadata_url,
                target_base_url=targets_url,
                fetcher=fetcher,
                # A list of 200,000 cases still has few targets, but each unit has a keyring among them.
                config=UpdaterConfig(snapshot_max_length=8_000_000, targets_max_length=32_000_000),
                bootstrap=root,
            )
            # There is no public way to tell it the time; without this a clock that is ahead would expire everything.
            self._updater._trusted_set.reference_time = now  # noqa: SLF001
            self._updater.refresh()
            self.timestamp = self._current("timestamp", Timestamp)
            self.snapshot = self._current("snapshot", Snapshot)
            self.targets = self._current("targets", Targets)

    def delegated(self, role: str, *, path: str) -> Targets | None:
        """The targets of a role that the top-level one delegates to, verified; None if it does not.

        `path`: of any target, there or not, that only this role may list.
        """
        delegations = self.targets.delegations
        if delegations is None or role not in (delegations.roles or {}):
            return None
        # Asking for one of its targets makes python-tuf fetch and verify the role's metadata.
        self.find(path)
        with _translated():
            metadata = self._metadata(role, Targets)
            # python-tuf keeps the role's metadata on disk. Were the delegation's patterns not to cover `path`,
            # it would not have looked, and the file would be one of an earlier snapshot.
            self.targets.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
            listed = self.snapshot.meta.get(f"{role}.json")
            if listed is None or metadata.signed.version != listed.version:
                raise RepositoryError(f"{role} is not delegated for {path}")
            self._require_current(metadata.signed)
        return metadata.signed

    def find(self, path: str) -> TargetFile | None:
        """What the repository says of a target, following delegations; None when no role lists it."""
        with _translated():
            return self._updater.get_targetinfo(path)

    def fetch(self, target: TargetFile, place: Path) -> None:
        """Let `place` hold the target: fetched and verified, unless it lies there already."""
        with _translated():
            if self._updater.find_cached_target(target, str(place)) is None:
                self._updater.download_target(target, str(place))

    def _current(self, role: str, kind: type[S]) -> S:
        signed = self._metadata(role, kind).signed
        self._require_current(signed)
        return signed

    def _metadata(self, role: str, kind: type[S]) -> Metadata[S]:
        metadata = Metadata[S].from_bytes((self._folder / f"{quote(role, '')}.json").read_bytes())
        if not isinstance(metadata.signed, kind):
            raise RepositoryError(f"{role}.json is of another role")
        return metadata

    def _require_current(self, signed: Signed) -> None:
        if signed.is_expired(self._now):
            raise ExpiredMetadataError(f"{signed.type}.json expired at {signed.expires:%Y-%m-%d %H:%M} UTC")


def refused(reason: object) -> RepositoryRejectedError:
    """The error for a repository that must not be used, in words for whoever stands at the unit."""
    return RepositoryRejectedError(
        f"The watchlist that the hub's server gave is refused ({reason}). The one on this unit stays in use. "
        "Tell the hub's operator; if it repeats, check this unit's clock."
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DownloadError as error:
        raise HubUnreachableError(
            f"The watchlist could not be fetched ({error}). The one on this unit stays in use; it is tried again."
        ) from error
    except RepositoryError as error:
        raise refused(error) from error
    except OSError as error:
        raise DiskError(f"The watchlist could not be written to this unit's disk: {error.strerror}.") from error
