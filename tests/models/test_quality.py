"""A photograph that cannot be compared must be taken again, and the one sentence said must be the right one."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from models.detectors import Face
from models.images import RgbImage
from models.quality import LIMITS, Measure, Quality, Verdict, assess
from models.recogniser import Recogniser

Sample = Callable[[str], RgbImage]


def _assessed(recogniser: Recogniser, image: RgbImage) -> Quality:
    faces = recogniser.detect(image)
    return assess(image, faces, faces[0])


@pytest.fixture
def portrait(sample: Sample) -> RgbImage:
    return sample("obama.jpg")[100:900, 100:800]


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "collins.png"])
def test_official_photograph_is_accepted(recogniser: Recogniser, sample: Sample, name: str) -> None:
    quality = _assessed(recogniser, sample(name))
    assert quality.verdict is Verdict.ACCEPT
    assert quality.cause is None
    assert {part.measure for part in quality.components} == set(Measure) == set(LIMITS)
    assert all(0 <= part.score <= 100 for part in quality.components)


@pytest.mark.parametrize(
    ("worse", "cause"),
    [
        (lambda image: (image * 0.08).astype(np.uint8), Measure.UNDER_EXPOSURE),
        (lambda image: np.clip(image * 6.0, 0, 255).astype(np.uint8), Measure.OVER_EXPOSURE),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 12), Measure.SHARPNESS),
        (lambda image: (118 + image * 0.06).astype(np.uint8), Measure.DYNAMIC_RANGE),
        (
            lambda image: cv2.resize(image, None, fx=0.07, fy=0.07, interpolation=cv2.INTER_AREA),
            Measure.INTER_EYE_DISTANCE,
        ),
    ],
)
def test_bad_photograph_is_to_be_taken_again_for_its_own_cause(
    recogniser: Recogniser, portrait: RgbImage, worse: Callable[[RgbImage], RgbImage], cause: Measure
) -> None:
    quality = _assessed(recogniser, worse(portrait))
    assert quality.verdict is not Verdict.ACCEPT
    assert quality.cause is cause
    assert quality.advice == LIMITS[cause].advice


def test_thumbnail_of_22_by_28_pixels_is_refused(recogniser: Recogniser, portrait: RgbImage) -> None:
    face = recogniser.detect(portrait)[0]
    left, top, right, bottom = (max(int(value), 0) for value in face.box)
    thumbnail = cv2.resize(portrait[top:bottom, left:right], (22, 28), interpolation=cv2.INTER_AREA)
    image = np.asarray(thumbnail, np.uint8)
    scale = np.array([22 / (right - left), 28 / (bottom - top)], np.float32)
    small = Face((0, 0, 22, 28), (face.landmarks - [left, top]).astype(np.float32) * scale, 0.9)
    quality = assess(image, [small], small)
    assert quality.verdict is Verdict.RETAKE
    assert quality.cause is Measure.INTER_EYE_DISTANCE


def test_face_cut_off_by_the_edge_is_told_to_move(recogniser: Recogniser, portrait: RgbImage) -> None:
    left, _top, right, _bottom = recogniser.detect(portrait)[0].box
    cut = portrait[:, int(left + 0.15 * (right - left)) :]
    assert _assessed(recogniser, cut).cause is Measure.MARGIN


def test_second_face_as_large_is_refused(recogniser: Recogniser, portrait: RgbImage) -> None:
    quality = _assessed(recogniser, np.concatenate([portrait, portrait], axis=1))
    assert quality.verdict is Verdict.RETAKE
    assert quality.cause is Measure.SINGLE_FACE


def _face(yaw: float, pitch: float, roll: float) -> Face:
    """Landmarks of a head of average proportions, turned by degrees and seen from far away."""
    points = np.array([[-50, 0, 0], [50, 0, 0], [0, 57, 45], [-38, 114, 0], [38, 114, 0]], np.float64)
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    seen = (points @ about_y.T @ about_x.T @ about_z.T)[:, :2] + 200
    return Face((100, 100, 300, 350), seen.astype(np.float32), 0.9)


@pytest.mark.parametrize("angle", [-40, -20, 0, 20, 40])
def test_head_pose_is_measured_about_its_own_axis(angle: float) -> None:
    image = np.random.default_rng(0).integers(0, 255, (400, 400, 3)).astype(np.uint8)
    for measure, face in (
        (Measure.YAW, _face(angle, 0, 0)),
        (Measure.PITCH, _face(0, angle, 0)),
        (Measure.ROLL, _face(0, 0, angle)),
    ):
        quality = assess(image, [face], face)
        assert quality.component(measure).native == pytest.approx(angle, abs=12)
        for other in {Measure.YAW, Measure.PITCH, Measure.ROLL} - {measure}:
            assert abs(quality.component(other).native) < 12


def test_head_turned_far_is_told_to_turn_to_the_camera(sample: Sample) -> None:
    image = sample("collins.png")
    face = _face(60, 0, 0)
    assert assess(image, [face], face).advice == "turn to the camera"
