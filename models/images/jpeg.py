"""JPEG files (ITU-T T.81): walk the segments, keep those that make pixels."""

import re
import struct

from models.errors import ImageRejectedError
from models.images.container import Container, truncated
from models.images.exif import UPRIGHT, orientation_of

__all__ = ["SIGNATURE", "parse"]

SIGNATURE = b"\xff\xd8\xff"

_SOI, _EOI, _SOS, _DHT, _DQT, _DRI = b"\xff\xd8", 0xD9, 0xDA, 0xC4, 0xDB, 0xDD
_APP0_JFIF, _APP1_EXIF, _APP14_ADOBE = 0xE0, 0xE1, 0xEE
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
# JFIF and Adobe say how colours are coded, so they stay; every other APPn and comment is metadata.
_KEPT = frozenset({_APP0_JFIF, _APP14_ADOBE, _DHT, _DQT, _DRI, _BASELINE, _EXTENDED, _PROGRESSIVE})
_DROPPED = frozenset({*range(0xE1, 0xF0), 0xFE}) - _KEPT
# Entropy-coded data ends at a marker that is neither a stuffed zero, a restart nor a fill byte.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
# Encoders write about ten scans. Each scan costs a pass over all pixels, so thousands are an attack.
_MAX_SCANS = 32


def parse(data: bytes) -> Container:
    """Raise ImageRejectedError for a damaged, incomplete or unusual file."""
    kept = [_SOI]
    frames: list[tuple[int, bytes]] = []
    orientation, scans, coded = UPRIGHT, 0, 0
    position = 2
    while True:
        marker, position = _marker(data, position)
        if marker == _EOI:
            break
        body, position = _segment(data, position)
        if marker == _APP1_EXIF and body.startswith(b"Exif\0\0") and orientation == UPRIGHT:
            orientation = orientation_of(body[6:])
        if marker in (_BASELINE, _EXTENDED, _PROGRESSIVE):
            frames.append((marker, body))
        elif marker not in _KEPT and marker not in _DROPPED and marker != _SOS:
            raise ImageRejectedError("This JPEG file is of an unusual kind. Save it as an ordinary JPEG.")
        if marker in _KEPT or marker == _SOS:
            kept.append(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body)
        if marker == _SOS:
            end = _end_of_scan(data, position)
            kept.append(data[position:end])
            scans, coded, position = scans + 1, coded + end - position, end
            if scans > _MAX_SCANS:
                raise ImageRejectedError("This JPEG file has too many scans. Save it as an ordinary JPEG.")
    kind, width, height = _frame(frames, scans)
    # Each block of 8x8 pixels takes at least one bit: less cannot be the picture the header promises.
    if coded * 8 < -(-width // 8) * -(-height // 8):
        raise truncated("JPEG")
    kept.append(_ending(kind, scans))
    return Container(width, height, orientation, b"".join(kept))


def _marker(data: bytes, position: int) -> tuple[int, int]:
    while data[position : position + 2] == b"\xff\xff":  # Fill bytes may stand before any marker.
        position += 1
    if position + 2 > len(data):
        raise truncated("JPEG")
    if data[position] != 0xFF:
        raise ImageRejectedError("This JPEG file is damaged. Copy or take the photograph again.")
    return data[position + 1], position + 2


def _segment(data: bytes, position: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise truncated("JPEG")
    return data[position + 2 : position + length], position + length


def _end_of_scan(data: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(data, position)
    if found is None:
        raise truncated("JPEG")
    return found.start()


def _frame(frames: list[tuple[int, bytes]], scans: int) -> tuple[int, int, int]:
    """The one frame's kind, width and height."""
    if len(frames) != 1 or not scans or len(frames[0][1]) < 6:
        raise ImageRejectedError("This JPEG file does not hold exactly one picture.")
    kind, body = frames[0]
    height, width = struct.unpack_from(">HH", body, 1)
    if not width or not height:
        raise ImageRejectedError("This JPEG file does not say how large its picture is.")
    return kind, width, height


def _ending(kind: int, scans: int) -> bytes:
    """What follows the last scan, chosen so that missing pixels are an error and not grey.

    libjpeg paints what it lacks grey when it meets an end marker too early, and only warns. Without an
    end marker it asks for more bytes instead, gets none, and OpenCV refuses the file. So a sequential
    picture in one scan ends in a few padding bytes, which the decoder may look ahead into but which
    hold no block worth painting. The other kinds are read as a whole and need their end marker.
    """
    return bytes(16) if kind != _PROGRESSIVE and scans == 1 else b"\xff\xd9"
