"""Bring a face upright, to one size and place, from its five landmarks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detectors.face import Face, FloatArray
from models.images import RgbImage
from models.manifest import Alignment

__all__ = ["PORTRAIT_SIZE", "align_face", "portrait", "similarity_transform"]

PORTRAIT_SIZE = 336

# Where a portrait has the five landmarks, in sides of its face's square: the places most networks are
# trained with, so that a portrait looks like what was compared. It depends on no pack, so that faces of
# two packs can be shown side by side.
_PORTRAIT_POINTS = np.array(
    [[0.3419, 0.4616], [0.6565, 0.4598], [0.5002, 0.6405], [0.3710, 0.8247], [0.6315, 0.8233]], np.float32
)
# A reviewer sees hair, ears and chin as well: the aligned face takes up this share of a portrait's side.
_FACE_SHARE = 0.55


def similarity_transform(source: FloatArray, target: FloatArray) -> NDArray[np.float64]:
    """The (2, 3) rotation, scaling and shift that brings points (n, 2) nearest to their targets (n, 2).

    Least squares over all points, without mirroring (Umeyama, IEEE TPAMI 13(4), 1991). Points that all
    coincide give no direction or size; they are only shifted.
    """
    centre_source, centre_target = source.mean(axis=0), target.mean(axis=0)
    a, b = (source - centre_source).astype(np.float64), (target - centre_target).astype(np.float64)
    spread = (a**2).sum()
    # In the plane the best rotation and scale are one complex number: the regression of b on a.
    along = (a * b).sum() / spread if spread > 0 else 1.0
    across = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / spread if spread > 0 else 0.0
    turn = np.array([[along, -across], [across, along]])
    return np.concatenate([turn, (centre_target - turn @ centre_source)[:, None]], axis=1)


def align_face(image: RgbImage, face: Face, alignment: Alignment) -> RgbImage:
    """The face as a (size, size, 3) crop with its landmarks on the alignment's points."""
    target = np.asarray(alignment.points, np.float32)
    return _warp(image, similarity_transform(face.landmarks, target), alignment.size)


def portrait(image: RgbImage, face: Face, size: int = PORTRAIT_SIZE) -> RgbImage:
    """The face for a person's eyes: upright like a crop, with a margin, (size, size, 3) uint8 RGB."""
    target = (_PORTRAIT_POINTS * _FACE_SHARE + (1 - _FACE_SHARE) / 2) * size
    return _warp(image, similarity_transform(face.landmarks, target), size)


def _warp(image: RgbImage, transform: NDArray[np.float64], size: int) -> RgbImage:
    warped = cv2.warpAffine(image, transform, (size, size), flags=cv2.INTER_LINEAR)
    return warped.astype(np.uint8, copy=False)
