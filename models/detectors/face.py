"""What a detector answers, and how a picture is brought to a network and boxes back."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from models.images import RgbImage

__all__ = ["Candidates", "Face", "FloatArray", "best_apart", "fit"]

FloatArray: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in a picture, in that picture's pixels with the origin at its top left corner.

    `box` is (left, top, right, bottom). `landmarks` is (5, 2) float32 as x, y: the eye on the picture's
    left, the eye on its right, the nose, the mouth corner on the left, the one on the right.
    `score` is the detector's own confidence, 0 to 1; it says nothing about who this is.
    """

    box: tuple[float, float, float, float]
    landmarks: FloatArray
    score: float

    @property
    def area(self) -> float:
        left, top, right, bottom = self.box
        return max(right - left, 0.0) * max(bottom - top, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """A network's raw finds in its own input's pixels: boxes (n, 4), landmarks (n, 5, 2), scores (n,)."""

    boxes: FloatArray
    landmarks: FloatArray
    scores: FloatArray


def fit(image: RgbImage, max_side: int, stride: int, fixed: tuple[int, int] | None) -> tuple[RgbImage, float]:
    """Bring a picture to a size that a network takes.

    It is scaled down so that neither side exceeds max_side, and padded with black at the right and
    below: to `fixed` (height, width) where the network takes no other size, else to multiples of
    stride. Returns the (h, w, 3) picture and the factor by which its content was scaled, at most 1:
    scaling up would add time and no detail.
    """
    height, width = image.shape[:2]
    room = fixed or (max_side, max_side)
    scale = min(1.0, max_side / max(height, width), room[0] / height, room[1] / width)
    inner = max(round(height * scale), 1), max(round(width * scale), 1)
    outer = fixed or (-(-inner[0] // stride) * stride, -(-inner[1] // stride) * stride)
    padded = np.zeros((*outer, 3), np.uint8)
    # Area averaging, because skipping pixels would turn fine texture into false edges.
    padded[: inner[0], : inner[1]] = cv2.resize(image, inner[::-1], interpolation=cv2.INTER_AREA)
    return padded, scale


def best_apart(found: Candidates, max_overlap: float, scale: float) -> list[Face]:
    """Greedy non-maximum suppression; faces in the original picture's pixels, largest first."""
    left, top, right, bottom = found.boxes.T
    areas = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    order = np.argsort(-found.scores, kind="stable")
    faces = []
    while order.size:
        best, order = order[0], order[1:]
        faces.append(_face(found, int(best), scale))
        width = np.minimum(right[best], right[order]) - np.maximum(left[best], left[order])
        height = np.minimum(bottom[best], bottom[order]) - np.maximum(top[best], top[order])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        union = np.maximum(areas[best] + areas[order] - shared, 1e-6)
        order = order[shared / union <= max_overlap]
    return sorted(faces, key=lambda face: -face.area)


def _face(found: Candidates, index: int, scale: float) -> Face:
    left, top, right, bottom = (float(value) / scale for value in found.boxes[index])
    landmarks = (found.landmarks[index] / scale).astype(np.float32)
    landmarks.flags.writeable = False
    return Face((left, top, right, bottom), landmarks, float(found.scores[index]))
