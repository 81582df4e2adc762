"""A watchlist on a USB stick: a fetcher over a folder that nothing leads out of.

Whoever handed the stick over may have put anything on it. Only files that its manifest names are opened, each
step of a path without following links, and no more is read than the manifest and TUF allow.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface

from edge_agent.trusted_time import Milliseconds, as_datetime
from edge_agent.watchlist.store import Installed
from faults import RejectedError
from protocol.errors import MalformedError, UnknownVersionError
from protocol.ids import UnitId, owner
from protocol.stick import MAX_BYTES, NAME, Stick

STICK_URL: Final = "stick:"
"""What a repository on a stick has for an address."""
_CHUNK = 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a named pipe in a file's place must be refused, not waited for.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class StickRejectedError(RejectedError):
    """The USB stick holds no watchlist that this unit could take."""


class StickFetcher(FetcherInterface):
    """Fetches from a stick. Close it."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest. Raises StickRejectedError."""
        try:
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StickRejectedError(f"{folder} cannot be read: {error.strerror}. Is the stick plugged in?") from error
        try:
            self.manifest = self._read_manifest(folder)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the stick, so that it can be taken out."""
        os.close(self._folder)

    def require_whole(self) -> None:
        """Return if every file is there with its size. Raises StickRejectedError."""
        for path, size in self.manifest.files.items():
            try:
                descriptor = self._open(path)
            except OSError as error:
                raise _half_copied(path) from error
            try:
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != size:
                raise _half_copied(path)

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = unquote(url.removeprefix(f"{STICK_URL}/"))
        if path not in self.manifest.files:
            raise DownloadHTTPError(f"{path} is not on the stick", 404)
        try:
            yield from self._read(path, self.manifest.files[path])
        except OSError as error:
            raise DownloadError(f"{path} cannot be read from the stick: {error.strerror}") from error

    def _read(self, path: str, limit: int) -> Iterator[bytes]:
        with os.fdopen(self._open(path), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "it is not a plain file")
            while limit and (chunk := file.read(min(_CHUNK, limit))):
                limit -= len(chunk)
                yield chunk

    def _open(self, path: str) -> int:
        *folders, name = path.split("/")
        inside = os.dup(self._folder)
        try:
            for folder in folders:
                outside, inside = inside, os.open(folder, _FOLDER, dir_fd=inside)
                os.close(outside)
            return os.open(name, _FILE, dir_fd=inside)
        finally:
            os.close(inside)

    def _read_manifest(self, folder: Path) -> Stick:
        try:
            data = b"".join(self._read(NAME, MAX_BYTES))
        except OSError as error:
            raise StickRejectedError(
                f"{folder} holds no watchlist, or not all of one. Make it with: mca hub watchlist export"
            ) from error
        try:
            return Stick.from_bytes(data)
        except (MalformedError, UnknownVersionError) as error:
            raise StickRejectedError(
                f"The watchlist in {folder} is damaged, or made by another version of this program. Export it again."
            ) from error


def open_stick(folder: Path, *, unit: UnitId, installed: Installed | None, now: Milliseconds) -> StickFetcher:
    """The stick in `folder`, if it can be of use to this unit. TUF decides whether it may be believed.

    Raises StickRejectedError when it is another hub's or unit's, half copied, older than `installed`, or too old
    at `now` (the trusted time).
    """
    fetcher = StickFetcher(folder)
    try:
        _require_useful(fetcher.manifest, unit, installed, now)
        fetcher.require_whole()
    except BaseException:
        fetcher.close()
        raise
    return fetcher


def _require_useful(stick: Stick, unit: UnitId, installed: Installed | None, now: Milliseconds) -> None:
    if stick.hub != owner(unit):
        raise StickRejectedError(f"This stick is of the hub {stick.hub}; this unit belongs to {owner(unit)}.")
    if stick.unit != unit:
        raise StickRejectedError(
            f"This stick was made for {stick.unit}. Make one with: mca hub watchlist export --unit {unit}"
        )
    if installed is not None and stick.timestamp_version < installed.timestamp_version:
        raise StickRejectedError(
            f"This stick is older than the list on this unit (version {installed.list_version}), which stays in use. "
            "Export a new one."
        )
    if stick.valid_until <= now:
        raise StickRejectedError(
            f"The watchlist on this stick could be taken until {as_datetime(stick.valid_until):%Y-%m-%d %H:%M} UTC. "
            "Export it again, or check this unit's clock."
        )


def _half_copied(path: str) -> StickRejectedError:
    return StickRejectedError(f"The watchlist on this stick was not copied completely ({path}). Export it again.")
