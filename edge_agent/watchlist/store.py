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
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from credentials.private_files import DiskError, make_private_directory, sync_directory, write_private
from edge_agent.trusted_time import Milliseconds
from faults import MisconfiguredError
from protocol.ids import SliceName
from protocol.targets import parse_segment_path

logger = structlog.get_logger()


class WatchlistUnusableError(MisconfiguredError):
    """There is no watchlist that could be searched."""


class NeverSyncedError(WatchlistUnusableError):
    """This unit has no watchlist yet."""


class StoredListDamagedError(WatchlistUnusableError):
    """The watchlist on disk is not what was installed."""


class LeaseEndedError(WatchlistUnusableError):
    """The unit may not use its watchlist any more, until the hub renews its keyring."""


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
    lease_end: Milliseconds  # of the keyring; 0 once the keys are destroyed
    keyring: StoredTarget
    segments: tuple[StoredTarget, ...]  # slice by slice, in order of sequence

    @property
    def slices(self) -> tuple[SliceName, ...]:
        """The slices that the list is made of, by name."""
        return tuple(sorted({parse_segment_path(segment.path)[0] for segment in self.segments}))

    def of_slice(self, name: SliceName) -> tuple[StoredTarget, ...]:
        """A slice's segments."""
        return tuple(segment for segment in self.segments if parse_segment_path(segment.path)[0] == name)

    def age(self, now: Milliseconds) -> Milliseconds:
        """For how long nobody has confirmed that this is the newest list."""
        return max(0, now - self.confirmed_at)

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
        replaced = self.readable()
        try:
            for path in (*map(self.target_file, wanted), *self.metadata.glob("*.json")):
                _sync_file(path)
            sync_directory(self.metadata)
            sync_directory(self._targets)
            write_private(self._record, json.dumps(asdict(installed)).encode())
            if replaced is not None and replaced.keyring.sha256 not in wanted:
                _overwrite(self.target_file(replaced.keyring.sha256))
            _remove(path for path in self._targets.iterdir() if path.name not in wanted)
            _remove(self.partial.iterdir())
            _remove(path for path in self.metadata.iterdir() if path.is_file() and path.suffix != ".json")
        except OSError as error:
            raise DiskError(f"The watchlist could not be written to this unit's disk: {error.strerror}.") from error

    def end_lease(self, installed: Installed) -> None:
        """Destroy the keys of a list. Its segments stay: they are unreadable, and need not be fetched again.

        Raises DiskError.
        """
        try:
            _overwrite(self.target_file(installed.keyring.sha256))
            record = self.readable()
            if record is not None and record.lease_end and record.keyring == installed.keyring:
                write_private(self._record, json.dumps(asdict(replace(record, lease_end=0))).encode())
                logger.warning("watchlist.lease_ended", list_version=record.list_version)
        except OSError as error:
            raise DiskError(f"The watchlist's keys could not be destroyed: {error.strerror}.") from error

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


def _overwrite(path: Path) -> None:
    """Leave nothing of a file's bytes in its place, as far as the disk writes where it is told to."""
    with suppress(FileNotFoundError), path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
        path.unlink()


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)
