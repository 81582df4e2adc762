"""Decoding with limits, and encoding what this program made itself."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ImageRejectedError
from models.images import jpeg, png, webp
from models.images.container import Container

__all__ = ["MAX_BYTES", "MAX_PIXELS", "RgbImage", "decode_image", "encode_jpeg", "encode_png"]

RgbImage: TypeAlias = NDArray[np.uint8]
"""An upright picture: (height, width, 3), red, green, blue, 0 to 255."""

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000

# What EXIF calls each orientation, as the quarter turns counter-clockwise (numpy's direction) that
# make it upright and whether the result is then mirrored left to right.
_UPRIGHT_TURNS = {1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True)}
_UPRIGHT_TURNS |= {5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}


def decode_image(data: bytes) -> RgbImage:
    """Turn a photograph's bytes into upright pixels, (height, width, 3) uint8 RGB, without metadata.

    JPEG, PNG and WebP are told apart by content, never by name. Raises ImageRejectedError for more
    than MAX_BYTES or MAX_PIXELS (read from the header before anything is decoded), other formats,
    animations, and files that are incomplete, damaged or contradict themselves.
    """
    if len(data) > MAX_BYTES:
        raise ImageRejectedError(
            "This file is {size} MB; at most {most} MB are accepted.",
            size=f"{len(data) / 1e6:.1f}",
            most=MAX_BYTES // 1_000_000,
        )
    container = _parse(data)
    if not container.width or not container.height:
        raise ImageRejectedError("This photograph is empty.")
    if container.width * container.height > MAX_PIXELS:
        raise ImageRejectedError(
            "This photograph has {size} megapixels; at most {most} are accepted.",
            size=f"{container.width * container.height / 1e6:.0f}",
            most=MAX_PIXELS // 1_000_000,
        )
    turns, mirrored = _UPRIGHT_TURNS[container.orientation]
    image = np.rot90(_pixels(container), turns)
    return np.ascontiguousarray(image[:, ::-1] if mirrored else image)


def _parse(data: bytes) -> Container:
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.parse(data)
    if data.startswith(png.SIGNATURE):
        return png.parse(data)
    if data.startswith(webp.SIGNATURE):
        return webp.parse(data)
    raise ImageRejectedError("This is not a JPEG, PNG or WebP photograph.")


def _pixels(container: Container) -> RgbImage:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(container.pixels_only, np.uint8), flags)
    except cv2.error as error:
        raise ImageRejectedError("This photograph is damaged and cannot be opened.") from error
    # The header was believed for the limits above, so a decoder that finds another size means a lie.
    if image is None or image.shape != (container.height, container.width, 3) or image.dtype != np.uint8:
        raise ImageRejectedError("This photograph is incomplete or damaged and cannot be opened.")
    return image.astype(np.uint8, copy=False)


def encode_png(image: RgbImage) -> bytes:
    """PNG bytes of an RGB picture (height, width, 3) uint8, without metadata."""
    return _encode(".png", image, [])


def encode_jpeg(image: RgbImage, quality: int) -> bytes:
    """JPEG bytes of an RGB picture (height, width, 3) uint8; quality 1 to 100, without metadata."""
    if not 1 <= quality <= 100:
        raise ValueError(f"JPEG quality is 1 to 100, not {quality}")
    return _encode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])


def _encode(suffix: str, image: RgbImage, options: list[int]) -> bytes:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"an image is (height, width, 3) uint8, not {image.shape} {image.dtype}")
    done, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ValueError(f"OpenCV could not write a {suffix} picture of shape {image.shape}")
    return encoded.tobytes()
