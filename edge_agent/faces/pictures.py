"""A capture's pictures as bytes, within what a sighting may carry."""

from typing import Final

from edge_agent.faces.capture import Capture
from models.images import encode_jpeg, encode_png
from protocol.errors import OversizedError
from protocol.sighting import MAX_CROP, MAX_PORTRAIT, Face

QUALITIES: Final = (92, 85, 75, 65, 50, 35, 20, 10)
"""JPEG qualities in the order they are tried. A portrait nearly always fits at the first."""


def encode_face(capture: Capture) -> Face:
    """The crop without loss and the portrait in the best quality that fits. Raises OversizedError."""
    crop = encode_png(capture.crop)
    if len(crop) > MAX_CROP:
        raise OversizedError(f"An aligned face of {len(crop)} bytes; a sighting carries at most {MAX_CROP}.")
    return Face(crop, encode_portrait(capture, MAX_PORTRAIT))


def encode_portrait(capture: Capture, limit: int) -> bytes:
    """The portrait as a JPEG in the best quality that fits into `limit` bytes. Raises OversizedError."""
    for quality in QUALITIES:
        portrait = encode_jpeg(capture.portrait, quality)
        if len(portrait) <= limit:
            return portrait
    raise OversizedError(f"The portrait does not fit into the {limit} bytes that a message carries.")
