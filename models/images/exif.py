"""The one EXIF value that matters here: how the camera was held."""

import struct

__all__ = ["UPRIGHT", "orientation_of"]

UPRIGHT = 1
_ORIENTATION_TAG = 0x0112
_SHORT = 3


def orientation_of(tiff: bytes) -> int:
    """Orientation (1 to 8, EXIF 2.32 section 4.6.4) from a TIFF block; 1 where there is none.

    Phones and editors write damaged EXIF often enough that it must not cost a child a search: a block
    that cannot be read says nothing about rotation, and the picture is taken as it lies.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for index in range(entries):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * index)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and count == 1 and 1 <= value <= 8 else UPRIGHT
    except struct.error:
        return UPRIGHT
    return UPRIGHT
