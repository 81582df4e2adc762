"""Folders that come into being whole or not at all, and one change of an authority's folder at a time."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from credentials.private_files import DiskError, make_private_directory, sync_directory


def _nothing_else() -> None:
    """A folder that nothing outside it refers to."""


@contextmanager
def whole_folder(final: Path, *, withdraw: Callable[[], None] = _nothing_else) -> Iterator[Path]:
    """A private folder to fill, which takes its final name when the block ends well.

    It is hidden beside `final` until then. When the block fails, or a power cut ended an earlier run, the
    hidden folder is removed after `withdraw` has undone what the block did elsewhere; `withdraw` may be
    called when nothing was done. Raises DiskError.
    """
    partial = _partial(final)
    if partial.exists():
        _discard(partial, withdraw)
    make_private_directory(partial)
    try:
        yield partial
        _rename(partial, final)
    except BaseException:
        # The failure that began this is what the caller must hear; what stays behind is the next run's to discard.
        with suppress(DiskError):
            _discard(partial, withdraw)
        raise


def is_unfinished(final: Path) -> bool:
    """Whether a run that was to make this folder was cut short."""
    return _partial(final).exists()


def _partial(final: Path) -> Path:
    return final.with_name(f".{final.name}.partial")


def _discard(partial: Path, withdraw: Callable[[], None]) -> None:
    withdraw()
    try:
        shutil.rmtree(partial)
    except OSError as error:
        raise DiskError(f"{partial}, left by an unfinished run, could not be removed: {error.strerror}.") from error


def _rename(partial: Path, final: Path) -> None:
    try:
        for folder, _, _ in os.walk(partial):
            sync_directory(Path(folder))
        partial.rename(final)
        sync_directory(final.parent)
    except OSError as error:
        raise DiskError(f"The folder {final} could not be made: {error.strerror}.") from error


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
