"""The watchlist on the unit's disk: targets encrypted exactly as fetched, and the record of which are in use.

watchlist/metadata/         python-tuf's trusted metadata
watchlist/partial/          downloads that were cut short
watchlist/targets/<sha256>  segments and the keyring, as fetched
watchlist/installed.json    the list in use. Replacing this one file is the only step that changes the list:
                            before it the old targets are all still there, after it the new ones are
watchlist/lock              held while the list is changed
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from credentials.private_files import DiskError, make_private_directory, sync_directory, write_private
from edge_agent.trusted_time import Milliseconds
from faults import MisconfiguredError

logger = structlog.get_logger()


class NeverSyncedError(MisconfiguredError):
    """This unit has no watchlist yet."""


class StoredListDamagedError(MisconfiguredError):
    """The watchlist on disk is not what was installed."""


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target on disk."""

    path: str  # its name in the hub's repository
    sha256: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The list in use."""

    list_version: int  # of snapshot.json
    timestamp_version: int
    published_at: Milliseconds
    synced_at: Milliseconds  # when this unit last compared it with the hub's, or with a stick's
    confirmed_at: Milliseconds  # when the hub signed that this is the newest list
    keyring: StoredTarget
    segments: tuple[StoredTarget, ...]  # slice by slice, in order of sequence

    def same_list(self, other: "Installed | None") -> bool:
        """Whether the two have the same contents, whenever they were looked at."""
        return other is not None and (self.keyring, self.segments) == (other.keyring, other.segments)


class WatchlistStore:
    """The folder. Nothing in it can be read without the unit's private key."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if need be. Raises DiskError."""
        self._folder = folder
        self.metadata = make_private_directory(folder / "metadata")
        self.partial = make_private_directory(folder / "partial")
        self._targets = make_private_directory(folder / "targets")
        make_private_directory(folder)
        self._record = folder / "installed.json"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Wait until no other process changes the list, and keep them waiting."""
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def installed(self) -> Installed | None:
        """The list in use; None before the first. Raises StoredListDamagedError."""
        try:
            data = json.loads(self._record.read_bytes())
            segments = tuple(StoredTarget(**segment) for segment in data.pop("segments"))
            return Installed(keyring=StoredTarget(**data.pop("keyring")), segments=segments, **data)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StoredListDamagedError("The watchlist on this unit is damaged. Run: mca edge sync") from error

    def readable(self) -> Installed | None:
        """The list in use; None also when its record is damaged, since a synchronisation makes a new one."""
        try:
            return self.installed()
        except StoredListDamagedError:
            logger.warning("watchlist.record_damaged")
            return None

    def install(self, installed: Installed) -> None:
        """Put a list in use whose targets are all stored, and forget what nothing needs any more. Raises DiskError."""
        wanted = {target.sha256 for target in (installed.keyring, *installed.segments)}
        try:
            for path in (*map(self.target_file, wanted), *self.metadata.glob("*.json")):
                _sync_file(path)
            sync_directory(self.metadata)
            sync_directory(self._targets)
            write_private(self._record, json.dumps(asdict(installed)).encode())
            _remove(path for path in self._targets.iterdir() if path.name not in wanted)
            _remove(self.partial.iterdir())
            _remove(path for path in self.metadata.iterdir() if path.is_file() and path.suffix != ".json")
        except OSError as error:
            raise DiskError(f"The watchlist could not be written to this unit's disk: {error.strerror}.") from error

    def target_file(self, sha256: str) -> Path:
        """Where a target of this digest is, or belongs."""
        return self._targets / sha256

    def read(self, target: StoredTarget) -> bytes:
        """A stored target's bytes, checked again. Raises StoredListDamagedError."""
        try:
            data = self.target_file(target.sha256).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != target.sha256:
            raise StoredListDamagedError("A part of the watchlist on this unit is damaged. Run: mca edge sync")
        return data


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)
