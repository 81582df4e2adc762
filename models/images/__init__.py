"""Photographs as bytes in, checked pixels out.

`decode_image` is the only way a photograph from outside becomes pixels: size limits are checked from
the header before any pixel is decoded, metadata never reaches the decoder, and the EXIF rotation is
applied, so that what follows sees an upright picture and nothing about where or by whom it was taken.
"""

from models.images.codec import (
    MAX_BYTES,
    MAX_PIXELS,
    RgbImage,
    decode_image,
    encode_jpeg,
    encode_png,
)

__all__ = ["MAX_BYTES", "MAX_PIXELS", "RgbImage", "decode_image", "encode_jpeg", "encode_png"]
