"""Many files as one stream and back: tar, whose reader here takes plain files with plain names alone."""

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from credentials.private_files import DiskError, make_private_directory, sync_directory
from hub.backup.errors import BackupDamagedError

_PIECE: Final = 1024 * 1024
_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o644


def pack(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[bytes]:
    """The stream of named files, which are read once. A file of others' eyes keeps its mode; all else is private."""
    for name, file in files:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size = status.st_size
        entry.mode = _PUBLIC if status.st_mode & 0o004 else _PRIVATE
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield from _exactly(file, entry.size)
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def unpack(pieces: Iterable[bytes], folder: Path) -> None:
    """Write the files of a stream into a folder of ours. Raises BackupDamagedError or DiskError."""
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Stream(pieces)), mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is None:
                    raise BackupDamagedError("The backup holds something that is not a plain file.")
                _write(folder / _plain(entry.name), content, _PUBLIC if entry.mode & 0o004 else _PRIVATE)
    except tarfile.TarError as error:
        raise BackupDamagedError(f"The backup's content cannot be read: {error}.") from error
    except OSError as error:
        raise DiskError(f"The backup could not be written to {folder}: {error.strerror}.") from error


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to be read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # Typed more widely there.
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _exactly(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise DiskError("A file became shorter while it was backed up. Begin again.")
        size -= len(piece)
        yield piece


def _plain(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BackupDamagedError("The backup names a file outside its folder.")
    return path


def _write(path: Path, content: Iterable[bytes], mode: int) -> None:
    make_private_directory(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        for piece in content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)
