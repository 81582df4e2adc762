"""Files that hold keys or what keys open, and how they are destroyed."""

import os
import secrets
from pathlib import Path
from typing import Final

from credentials.keystore.protocol import KeyStoreError, destroyed
from credentials.private_files import DiskError, read_private, sync_directory, write_private

_CHUNK: Final = 1024 * 1024


def write_new(path: Path, data: bytes) -> None:
    """Write a private file that must not exist yet. Raises KeyStoreError or DiskError.

    It is written once: what an overwritten file leaves behind on the disk could not be destroyed later.
    """
    if path.exists():
        raise KeyStoreError(f"{path} holds a key already, and what it opens would be lost: it is not overwritten.")
    write_private(path, data)


def read_existing(path: Path) -> bytes:
    """What `write_new` wrote. Raises KeyDestroyedError or PrivateFileError."""
    if not path.exists():
        raise destroyed(path)
    return read_private(path)


def erase(path: Path) -> None:
    """Overwrite a file in place, let that reach the disk, then remove it; no file is no error. Raises DiskError.

    On a disk that writes where it is told, nothing of it is left. Flash may keep an old copy of a block for a
    while: what must not be found there has to be worthless without something that is not on the disk.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DiskError(f"{path} could not be erased: {error.strerror}.") from error
    try:
        size = os.fstat(descriptor).st_size
        for start in range(0, size, _CHUNK):
            os.pwrite(descriptor, secrets.token_bytes(min(_CHUNK, size - start)), start)
        os.fsync(descriptor)
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise DiskError(f"{path} could not be erased: {error.strerror}.") from error
    finally:
        os.close(descriptor)
