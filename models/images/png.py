"""PNG files (W3C PNG, third edition): check every chunk's sum, keep those that make pixels."""

import struct
import zlib

from models.errors import ImageRejectedError
from models.images.container import Container, truncated
from models.images.exif import UPRIGHT, orientation_of

__all__ = ["SIGNATURE", "parse"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Every other chunk is text, profile or time: metadata, some of it compressed and so able to explode.
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def parse(data: bytes) -> Container:
    """Raise ImageRejectedError for a damaged, incomplete or animated file."""
    kept = [SIGNATURE]
    width = height = 0
    orientation = UPRIGHT
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        start = position
        kind, body, position = _chunk(data, position)
        if (kind == b"IHDR") != (start == len(SIGNATURE)):
            raise ImageRejectedError("This PNG file is damaged. Copy or take the photograph again.")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", body.ljust(8, b"\0"))
        elif kind == b"acTL":
            raise ImageRejectedError("This PNG file is animated. Give a still photograph.")
        elif kind == b"eXIf":
            orientation = orientation_of(body)
        if kind in _KEPT:
            kept.append(data[start:position])
    return Container(width, height, orientation, b"".join(kept))


def _chunk(data: bytes, position: int) -> tuple[bytes, bytes, int]:
    length = int.from_bytes(data[position : position + 4], "big")
    end = position + 12 + length
    if end > len(data):
        raise truncated("PNG")
    kind, body = data[position + 4 : position + 8], data[position + 8 : end - 4]
    if zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
        raise ImageRejectedError("This PNG file is damaged. Copy or take the photograph again.")
    return kind, body, end
