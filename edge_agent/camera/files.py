"""A camera that takes photographs from disk: one file, or a folder of them in the order of their names."""

from collections.abc import Callable, Iterator
from pathlib import Path

from edge_agent.camera.frame import Frame, PhotographUnreadableError
from edge_agent.trusted_time import Milliseconds
from models.images import MAX_BYTES, decode_image

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


class FileCamera:
    """Photographs of one intake. All files of a folder are taken to show the same person."""

    def __init__(self, path: Path, now: Callable[[], Milliseconds]) -> None:
        """`path`: a photograph or a folder. Nothing is read yet."""
        self._path = path
        self._now = now

    def frames(self) -> Iterator[Frame]:
        """The photographs. Raises PhotographUnreadableError, or ImageRejectedError for one that is none."""
        for path in self._photographs():
            yield Frame(decode_image(_read(path)), self._now())

    def _photographs(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        found = sorted(path for path in self._path.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not found:
            raise PhotographUnreadableError(f"The folder {self._path} holds no JPEG, PNG or WebP photograph.")
        return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than the limit is enough for `decode_image` to refuse it.
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PhotographUnreadableError(f"The photograph {path} cannot be read: {error.strerror}.") from error
