"""Files that hold keys: readable by their owner alone, or refused; written whole, or not at all."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults import MisconfiguredError, UnavailableError


class PrivateFileError(MisconfiguredError):
    """A private file is missing, or someone else could read or replace it."""


class DiskError(UnavailableError):
    """The disk did not take a file: it is full, read-only or gone."""


def read_private(path: Path, *, limit: int = 64 * 1024) -> bytes:
    """The contents of a private file of at most `limit` bytes.

    Raises PrivateFileError when it is missing, not a plain file, too long, not owned by this user, or open to others.
    """
    try:
        # Not blocking: a named pipe in a key's place must be refused, not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _require_private(path, os.fstat(descriptor))
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise PrivateFileError(f"The private file {path} cannot be read: {error.strerror}.") from error
    if len(data) > limit:
        raise PrivateFileError(f"The private file {path} is longer than {limit} bytes: it is not what belongs there.")
    return data


def require_private(path: Path) -> Path:
    """`path`, for a library that opens the file itself. Raises PrivateFileError as `read_private` does."""
    try:
        status = path.lstat()
    except OSError as error:
        raise PrivateFileError(f"The private file {path} cannot be read: {error.strerror}.") from error
    _require_private(path, status)
    return path


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PrivateFileError(f"{path} must be a plain file.")
    if status.st_uid not in {os.geteuid(), 0}:
        raise PrivateFileError(f"{path} belongs to another user. Give it to the user this program runs as.")
    if status.st_mode & 0o077:
        raise PrivateFileError(f"{path} can be read or changed by other users. Run: chmod 600 {path}")


def write_private(path: Path, data: bytes) -> None:
    """Write a private file (0600) so that after a power cut it is there whole, as it was before, or not at all.

    Raises DiskError.
    """
    _write(path, data, mode=0o600)


def write_public(path: Path, data: bytes) -> None:
    """The same for a file that everyone may read (0644). Raises DiskError."""
    _write(path, data, mode=0o644)


def _write(path: Path, data: bytes, *, mode: int) -> None:
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except OSError as error:
        raise DiskError(f"{path} could not be written: {error.strerror}.") from error


def make_private_directory(path: Path) -> Path:
    """`path`, made if need be, closed to other users (0700). Raises DiskError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise DiskError(f"The folder {path} could not be made: {error.strerror}.") from error
    return path


def sync_directory(path: Path) -> None:
    """Let a rename in this folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is inside this block for the same folder. Raises DiskError."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DiskError(f"The folder {folder} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
