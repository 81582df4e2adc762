"""A frame as the screen shows it: small, and good for nothing but seeing how to stand."""

from typing import Final

import cv2

from models.images import RgbImage, encode_jpeg

WIDTH: Final = 480
_QUALITY: Final = 60


def preview_jpeg(image: RgbImage) -> bytes:
    """A JPEG at most WIDTH pixels wide and as high, upright as the frame is."""
    height, width = image.shape[:2]
    scale = min(WIDTH / max(width, height), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return encode_jpeg(cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype("uint8", copy=False), _QUALITY)
