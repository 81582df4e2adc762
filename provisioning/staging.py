"""Folders that come into being whole or not at all."""

import ctypes
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


@contextmanager
def replacement_folder(final: Path) -> Iterator[Path]:
    """A private folder to fill, which takes the place of the folder `final` in one step when the block ends well.

    At every moment, also after a power cut, `final` is all old or all new. Raises DiskError.
    """
    partial = _partial(final)
    if partial.exists():
        _discard(partial, _nothing_else)
    make_private_directory(partial)
    try:
        yield partial
        _sync(partial)
        _exchange(partial, final)
    except BaseException:
        with suppress(DiskError):
            _discard(partial, _nothing_else)
        raise
    _discard(partial, _nothing_else)


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
    _sync(partial)
    try:
        partial.rename(final)
        sync_directory(final.parent)
    except OSError as error:
        raise DiskError(f"The folder {final} could not be made: {error.strerror}.") from error


def _sync(folder: Path) -> None:
    try:
        for name, _, _ in os.walk(folder):
            sync_directory(Path(name))
    except OSError as error:
        raise DiskError(f"The folder {folder} could not be written: {error.strerror}.") from error


def _exchange(new: Path, old: Path) -> None:
    # Python has no name for it. The alternative, two renames, leaves a moment without either folder.
    libc = ctypes.CDLL(None, use_errno=True)
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if libc.renameat2(here, os.fsencode(new), here, os.fsencode(old), exchange) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise DiskError(f"The folder {old} could not be replaced: {reason}. It is as it was.")
    sync_directory(old.parent)
