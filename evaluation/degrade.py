"""Photographs made worse on purpose, in the ways that intake photographs are bad. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from models.detectors import Face
from models.images import RgbImage
from models.quality import Measure

__all__ = ["DEGRADATIONS", "Degradation"]

Degradation = Callable[[RgbImage, Face, float], RgbImage]
"""A picture with its face, and how bad from 0 (as it is) to 1, to the picture made worse."""


def _farther(image: RgbImage, face: Face, amount: float) -> RgbImage:
    """As from farther away: down to an inter-eye distance of 6 pixels."""
    eyes = float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))
    factor = float(np.exp(amount * np.log(min(6 / eyes, 1.0))))
    height, width = image.shape[:2]
    size = max(round(width * factor), 8), max(round(height * factor), 8)
    return _as_image(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _blurred(image: RgbImage, face: Face, amount: float) -> RgbImage:
    """Out of focus by up to a quarter of the inter-eye distance."""
    eyes = float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))
    sigma = amount * eyes / 4
    return image if sigma < 0.1 else _as_image(cv2.GaussianBlur(image, (0, 0), sigma))


def _darker(image: RgbImage, _face: Face, amount: float) -> RgbImage:
    """Down to a hundredth of the light, as a camera without gain sees it."""
    return _as_image(image * 10 ** (-2 * amount))


def _brighter(image: RgbImage, _face: Face, amount: float) -> RgbImage:
    """Up to ten times the light."""
    return _as_image(np.clip(image * 10.0**amount, 0, 255))


def _flatter(image: RgbImage, _face: Face, amount: float) -> RgbImage:
    """Contrast down to a hundredth, as through fog."""
    return _as_image(128 + (image - 128.0) * 10 ** (-2 * amount))


def _cut_off(image: RgbImage, face: Face, amount: float) -> RgbImage:
    """Up to half of the face outside the picture, on its left."""
    left, _top, right, _bottom = face.box
    start = round(max(left, 0) * min(amount * 2, 1) + max(amount - 0.5, 0) * (right - left))
    return np.ascontiguousarray(image[:, min(start, image.shape[1] - 8) :])


def _tilted(image: RgbImage, _face: Face, amount: float) -> RgbImage:
    """Turned by up to a right angle."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 90 * amount, 1.0)
    return _as_image(cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _as_image(pixels: "np.typing.ArrayLike") -> RgbImage:
    return np.asarray(np.rint(pixels), np.uint8)


DEGRADATIONS: Mapping[Measure, Degradation] = MappingProxyType(
    {
        Measure.INTER_EYE_DISTANCE: _farther,
        Measure.SHARPNESS: _blurred,
        Measure.UNDER_EXPOSURE: _darker,
        Measure.OVER_EXPOSURE: _brighter,
        Measure.DYNAMIC_RANGE: _flatter,
        Measure.MARGIN: _cut_off,
        Measure.ROLL: _tilted,
    }
)
"""What each measure of quality should notice. Yaw and pitch cannot be made from a photograph: they are found."""
