"""Crops must be where the embedder learnt to look, whatever the pose in the picture."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.align import portrait, similarity_transform
from models.detectors import Face
from models.images import RgbImage
from models.recogniser import Recogniser

POINTS = np.array([[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]], np.float32)


@given(st.floats(-3, 3), st.floats(0.05, 20), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_any_turn_size_and_place_is_undone(angle: float, size: float, x: float, y: float) -> None:
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = (POINTS @ turn.T + [x, y]).astype(np.float32)
    back = similarity_transform(seen, POINTS)
    moved = seen.astype(np.float64) @ back[:, :2].T + back[:, 2]
    assert np.abs(moved - POINTS).max() < 0.2


def test_landmarks_that_coincide_do_not_divide_by_zero() -> None:
    transform = similarity_transform(np.full((5, 2), 7, np.float32), POINTS)
    assert np.isfinite(transform).all()


def test_mirrored_landmarks_are_not_answered_with_a_mirrored_face() -> None:
    mirrored = POINTS * [-1, 1]
    assert np.linalg.det(similarity_transform(mirrored.astype(np.float32), POINTS)[:, :2]) > 0


@pytest.mark.parametrize("size", [112, 336])
def test_portrait_shows_the_whole_head_upright(
    recogniser: Recogniser, sample: Callable[[str], RgbImage], size: int
) -> None:
    photograph = sample("obama.jpg")
    seen = portrait(photograph, recogniser.detect(photograph)[0], size)
    assert seen.shape == (size, size, 3)
    (face,) = recogniser.detect(seen)
    left, _top, right, bottom = (value / size for value in face.box)
    assert 0.2 < left < right < 0.8
    assert bottom < 0.9
    eyes = face.landmarks[:2] / size
    assert abs(eyes[0, 1] - eyes[1, 1]) < 0.03


def test_face_at_the_edge_is_filled_with_black_and_not_refused(
    recogniser: Recogniser, sample: Callable[[str], RgbImage]
) -> None:
    photograph = sample("obama.jpg")
    corner = Face((-50, -50, 50, 50), POINTS - 70, 0.9)
    assert recogniser.align(photograph, corner).shape == (112, 112, 3)
