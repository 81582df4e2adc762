"""Whether a photograph of a face is good enough to compare, and if not, what to do about it.

Components in the terms of ISO/IEC 29794-5, each with its native value and as 0 to 100 (higher is better).
The limits are not taste: `mca evaluate quality` measured at which values comparison fails, and LIMITS
holds what it found (docs/adr/0063).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from models.align import similarity_transform
from models.detectors import Face
from models.images import RgbImage

__all__ = ["LIMITS", "Component", "Limit", "Measure", "Quality", "Verdict", "assess"]


class Measure(Enum):
    """What is measured, with its unit."""

    INTER_EYE_DISTANCE = "inter-eye distance, pixels"
    MARGIN = "margin around the face, widths of the face"
    SHARPNESS = "sharpness, decibels of detail"
    UNDER_EXPOSURE = "under-exposed share of the face"
    OVER_EXPOSURE = "over-exposed share of the face"
    DYNAMIC_RANGE = "dynamic range, bits"
    YAW = "yaw, degrees"
    PITCH = "pitch, degrees"
    ROLL = "roll, degrees"
    SINGLE_FACE = "size of the next largest face, share of this one"
    CONFIDENCE = "detector's confidence, 0 to 1"


class Verdict(Enum):
    """What to do with the photograph."""

    ACCEPT = "accept"
    WARN = "accept with warning"
    RETAKE = "retake"


@dataclass(frozen=True, slots=True)
class Component:
    """One measure of one face: native value in the measure's unit, and 0 to 100."""

    measure: Measure
    native: float
    score: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Scores (0 to 100) below which a photograph is warned of and refused, and what a person is told."""

    retake: float
    warn: float
    advice: str


@dataclass(frozen=True, slots=True)
class Quality:
    """All components of a face, the verdict, and the one cause to name where it is not acceptance."""

    components: tuple[Component, ...]
    verdict: Verdict
    cause: Measure | None
    advice: str

    def component(self, measure: Measure) -> Component:
        return next(one for one in self.components if one.measure is measure)


# In the order in which a cause is named: what hides other faults comes first. Measured with `mca evaluate
# quality` on lfw_dev, at FAR 0.1 %: a photograph below the first number misses its own person at least 10 times
# in 100, below the second 3 times, rounded up; pitch never missed 10, and is refused beyond all but 15 photographs.
# Confidence is set by infants, whom the detector is less sure of though nothing hides them; a second face is a
# question of whom a picture shows. docs/adr/0063 has the figures.
LIMITS: Mapping[Measure, Limit] = MappingProxyType(
    {
        Measure.SINGLE_FACE: Limit(20, 60, "more than one face: only this child in the picture"),
        Measure.INTER_EYE_DISTANCE: Limit(6, 7, "come closer"),
        Measure.MARGIN: Limit(48, 50, "the face is cut off: move back or to the middle"),
        Measure.UNDER_EXPOSURE: Limit(1, 39, "too dark: more light on the face"),
        Measure.OVER_EXPOSURE: Limit(40, 55, "too bright: less light on the face"),
        Measure.DYNAMIC_RANGE: Limit(56, 64, "too little contrast: more even light"),
        Measure.SHARPNESS: Limit(35, 49, "blurred: hold still, clean the lens"),
        Measure.YAW: Limit(39, 52, "turn to the camera"),
        Measure.PITCH: Limit(91, 92, "look straight at the camera"),
        Measure.ROLL: Limit(50, 76, "hold the head upright"),
        Measure.CONFIDENCE: Limit(51, 63, "the face is covered or unclear: uncover it"),
    }
)

# A face's proportions in the units of its inter-eye distance: how far the nose stands before the plane of
# eyes and mouth, and how far down between them it lies when the head is level. Rough for any one face, and
# used for nothing but whether to ask for another picture.
_NOSE_DEPTH, _NOSE_LEVEL = 0.45, 0.5
_CROP = 112
_CROP_POINTS = np.array([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]], np.float32)


def assess(image: RgbImage, faces: Sequence[Face], face: Face) -> Quality:
    """Quality of one of a picture's faces, from the picture (height, width, 3) uint8 RGB.

    `faces` are all that were found, `face` the one that counts. Takes about a millisecond.
    """
    components = (*_framing(image, faces, face), *_light(image, face), *_pose(face))
    for verdict in (Verdict.RETAKE, Verdict.WARN):
        for measure, limit in LIMITS.items():
            score = next(one.score for one in components if one.measure is measure)
            if score < (limit.retake if verdict is Verdict.RETAKE else limit.warn):
                return Quality(components, verdict, measure, limit.advice)
    return Quality(components, Verdict.ACCEPT, None, "")


def _framing(image: RgbImage, faces: Sequence[Face], face: Face) -> list[Component]:
    eyes = float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))
    left, top, right, bottom = face.box
    height, width = image.shape[:2]
    room = min(left, top, width - right, height - bottom) / max(right - left, 1.0)
    others = [other.area for other in faces if other is not face]
    rival = max(others, default=0.0) / max(face.area, 1.0)
    return [
        # The sigmoid of ISO/IEC 29794-5's reference implementation (OFIQ, inter-eye distance).
        Component(Measure.INTER_EYE_DISTANCE, eyes, 100 / (1 + float(np.exp((70 - eyes) / 20)))),
        Component(Measure.MARGIN, room, 100 * float(np.clip((room + 0.25) / 0.5, 0, 1))),
        Component(Measure.SINGLE_FACE, rival, 100 * float(np.clip(1 - rival, 0, 1))),
        Component(Measure.CONFIDENCE, face.score, 100 * face.score),
    ]


def _light(image: RgbImage, face: Face) -> list[Component]:
    crop = _luminance(image, face)
    dark, bright = float((crop <= 25).mean()), float((crop >= 247).mean())
    shares = np.bincount(crop.ravel(), minlength=256) / crop.size
    bits = -float((shares[shares > 0] * np.log2(shares[shares > 0])).sum())
    # Detail of the crop, whose scale does not depend on the picture's: variance of its Laplacian.
    detail = 10 * float(np.log10(cv2.Laplacian(crop, cv2.CV_32F).var() + 1))
    return [
        Component(Measure.UNDER_EXPOSURE, dark, 100 * (1 - dark)),
        Component(Measure.OVER_EXPOSURE, bright, 100 * (1 - bright)),
        Component(Measure.DYNAMIC_RANGE, bits, 12.5 * bits),  # OFIQ: 8 bits are all there is.
        Component(Measure.SHARPNESS, detail, float(np.clip(detail / 35, 0, 1)) * 100),
    ]


def _luminance(image: RgbImage, face: Face) -> NDArray[np.uint8]:
    """The upright face (112, 112) in grey: only its middle, so that the background decides nothing."""
    transform = similarity_transform(face.landmarks, _CROP_POINTS)
    crop = cv2.warpAffine(image, transform, (_CROP, _CROP), borderMode=cv2.BORDER_REPLICATE)
    return cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[24:104, 20:92].astype(np.uint8, copy=False)


def _pose(face: Face) -> list[Component]:
    eyes, mouth = face.landmarks[:2].mean(axis=0), face.landmarks[3:].mean(axis=0)
    across = face.landmarks[1] - face.landmarks[0]
    between = max(float(np.linalg.norm(across)), 1e-6)
    roll = float(np.degrees(np.arctan2(across[1], across[0])))
    down = mouth - eyes
    length = max(float(np.linalg.norm(down)), 1e-6)
    nose = face.landmarks[2] - eyes
    aside = float(down[0] * nose[1] - down[1] * nose[0]) / length
    along = float(nose @ down) / length - _NOSE_LEVEL * length
    yaw = float(np.degrees(np.arctan2(-aside, _NOSE_DEPTH * between)))
    pitch = float(np.degrees(np.arctan2(along, _NOSE_DEPTH * between)))
    angles = ((Measure.YAW, yaw), (Measure.PITCH, pitch), (Measure.ROLL, roll))
    # OFIQ: the squared cosine, nothing beyond a right angle.
    return [
        Component(measure, angle, 100 * float(np.cos(np.radians(np.clip(angle, -90, 90)))) ** 2)
        for measure, angle in angles
    ]
