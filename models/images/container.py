"""What a file's container says, before its pixels are decoded."""

from dataclasses import dataclass

from models.errors import ImageRejectedError

__all__ = ["Container", "truncated"]


@dataclass(frozen=True, slots=True)
class Container:
    """A parsed file: what its header promises, and the bytes that make its pixels.

    Width and height are pixels before rotation, orientation is the EXIF value 1 to 8 (1 = upright).
    `pixels_only` is the file again without metadata, previews, animation or trailing bytes: it is all
    that the decoder gets to see.
    """

    width: int
    height: int
    orientation: int
    pixels_only: bytes


def truncated(kind: str) -> ImageRejectedError:
    return ImageRejectedError("This {kind} file is incomplete. Copy or take the photograph again.", kind=kind)
