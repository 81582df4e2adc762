"""WebP files (RFC 9649): find the one still picture among the chunks."""

import struct

from models.errors import ImageRejectedError
from models.images.container import Container, truncated
from models.images.exif import UPRIGHT, orientation_of

__all__ = ["SIGNATURE", "parse"]

SIGNATURE = b"RIFF"

_ANIMATION_FLAG = 0x02


def parse(data: bytes) -> Container:
    """Raise ImageRejectedError for a damaged, incomplete or animated file."""
    if data[8:12] != b"WEBP":
        raise ImageRejectedError("This is not a JPEG, PNG or WebP photograph.")
    (promised,) = struct.unpack_from("<I", data, 4)
    if promised + 8 > len(data):
        raise truncated("WebP")
    chunks = _chunks(data[: promised + 8])
    if any(kind in (b"ANIM", b"ANMF") for kind, _ in chunks):
        raise _animated()
    pictures = [(kind, body) for kind, body in chunks if kind in (b"VP8 ", b"VP8L")]
    if len(pictures) != 1:
        raise ImageRejectedError("This WebP file does not hold exactly one picture.")
    size = _size(*pictures[0])
    orientation = UPRIGHT
    for kind, body in chunks:
        if kind == b"VP8X" and _canvas(body) != size:
            raise ImageRejectedError("This WebP file contradicts itself about its size.")
        if kind == b"EXIF":
            orientation = orientation_of(body.removeprefix(b"Exif\0\0"))
    return Container(*size, orientation, _still(*pictures[0]))


def _animated() -> ImageRejectedError:
    return ImageRejectedError("This WebP file is animated. Give a still photograph.")


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, position = [], 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + length]
        if len(body) < length:
            raise truncated("WebP")
        chunks.append((kind, body))
        position += 8 + length + length % 2  # Chunks start at even offsets.
    return chunks


def _canvas(body: bytes) -> tuple[int, int]:
    if len(body) < 10:
        raise truncated("WebP")
    if body[0] & _ANIMATION_FLAG:
        raise _animated()
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise ImageRejectedError("This WebP file is damaged. Copy or take the photograph again.")


def _still(kind: bytes, body: bytes) -> bytes:
    """The picture alone in the simple file format: no transparency, no metadata."""
    chunk = struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunk), b"WEBP") + chunk
