"""Photographs as bytes, made in the test: no face in them, every byte under control."""

import struct
import zlib

import cv2
import numpy as np

from models.images import RgbImage


def scene(height: int = 48, width: int = 64) -> RgbImage:
    """A picture without symmetry: every turn and mirroring of it is a different picture."""
    rows, columns = np.mgrid[:height, :width]
    red = 255 * rows // height
    green = 255 * columns // width
    blue = np.where((rows < height // 4) & (columns < width // 4), 255, 0)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def jpeg(image: RgbImage, *options: int) -> bytes:
    return _encoded(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95, *options])


def webp(image: RgbImage, quality: int = 101) -> bytes:
    """Quality 101 is OpenCV's word for lossless."""
    return _encoded(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])


def png(image: RgbImage) -> bytes:
    return _encoded(".png", image, [])


def _encoded(suffix: str, image: RgbImage, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(image[:, :, ::-1]), options)
    assert done
    return data.tobytes()


def exif(orientation: int, order: str = "<") -> bytes:
    """A TIFF block with two entries, of which the second is the orientation."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    maker = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"Cam\0")
    turn = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return head + struct.pack(order + "IH", 8, 2) + maker + turn + struct.pack(order + "I", 0)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_jpeg_segment(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:2] + jpeg_segment(marker, body) + data[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_png_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    """The chunk goes after the header chunk, which is always 25 bytes behind 8 of signature."""
    return data[:33] + png_chunk(kind, body) + data[33:]


def png_of_zeros(height: int, width: int, rows_inside: int) -> bytes:
    """A PNG that promises `height` rows and holds `rows_inside`, compressed a thousandfold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes((1 + 3 * width) * rows_inside), 9)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def extended_webp(data: bytes, flags: int, size: tuple[int, int], *extra: bytes) -> bytes:
    """A simple WebP file's picture again in the extended format, with a canvas of (height, width)."""
    canvas = (size[1] - 1).to_bytes(3, "little") + (size[0] - 1).to_bytes(3, "little")
    body = b"WEBP" + webp_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + canvas) + data[12:] + b"".join(extra)
    return b"RIFF" + struct.pack("<I", len(body)) + body
