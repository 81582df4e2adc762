from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from edge_agent.camera.frame import Frame
from edge_agent.faces.burst import ENOUGH, MAX_FRAMES, USED, CameraSilentError, collect_captures, looks
from edge_agent.faces.capture import PoorPictureError
from edge_agent.faces.pictures import encode_face
from edge_agent.faces.subject import NoFaceError, SeveralFacesError
from models.images import RgbImage, decode_image
from models.recogniser import Recogniser
from protocol.sighting import MAX_CROP, MAX_PORTRAIT
from tests.edge_agent.lists import SAMPLES


def sample(name: str) -> RgbImage:
    return decode_image((SAMPLES / name).read_bytes())


def frames(*images: RgbImage) -> Iterator[Frame]:
    return (Frame(image, number) for number, image in enumerate(images))


def couple() -> RgbImage:
    """Two people of the same size side by side."""
    one = sample("biden.jpg")
    return np.concatenate([one, one], axis=1)


def test_frame_without_a_face_does_not_spoil_a_burst(recogniser: Recogniser) -> None:
    blank = np.full((200, 200, 3), 128, np.uint8)
    (capture,) = collect_captures(frames(blank, sample("obama.jpg"), blank), recogniser)
    assert capture.captured_at == 1
    assert capture.crop.shape == (112, 112, 3)
    assert capture.portrait.shape == (336, 336, 3)
    assert capture.faces == 1


def test_burst_ends_when_it_has_enough(recogniser: Recogniser) -> None:
    source = frames(*[sample("obama.jpg")] * (ENOUGH + 2))
    assert len(collect_captures(source, recogniser)) == USED
    assert len(list(source)) == 2


def test_camera_that_never_shows_a_face_is_given_up(recogniser: Recogniser) -> None:
    blank = np.full((64, 64, 3), 128, np.uint8)
    source = frames(*[blank] * (MAX_FRAMES + 5))
    with pytest.raises(NoFaceError):
        collect_captures(source, recogniser)
    assert len(list(source)) == 5


def test_two_people_are_said_even_when_the_last_frame_is_empty(recogniser: Recogniser) -> None:
    blank = np.full((200, 200, 3), 128, np.uint8)
    with pytest.raises(SeveralFacesError):
        collect_captures(frames(couple(), blank), recogniser)


def test_source_without_a_single_frame(recogniser: Recogniser) -> None:
    with pytest.raises(CameraSilentError):
        collect_captures(frames(), recogniser)


def dark(image: RgbImage) -> RgbImage:
    return (image // 12).astype(np.uint8)


def small(image: RgbImage) -> RgbImage:
    """So far away that the eyes are a few pixels apart."""
    return cv2.resize(image, None, fx=0.09, fy=0.09, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def test_best_picture_comes_first_and_the_worst_are_left_out(recogniser: Recogniser) -> None:
    good, poorer = sample("obama.jpg"), np.ascontiguousarray(sample("obama.jpg")[::2, ::2])
    captures = collect_captures(frames(poorer, poorer, good, good, good), recogniser)
    assert sorted(capture.captured_at for capture in captures) == [2, 3, 4]
    first, second = collect_captures(frames(poorer, good), recogniser)
    assert (first.captured_at, second.captured_at) == (1, 0)
    assert first.weight > second.weight >= 1


@pytest.mark.parametrize(("spoil", "advice"), [(dark, "too dark"), (small, "come closer")])
def test_poor_picture_is_refused_with_the_one_thing_to_change(
    recogniser: Recogniser, spoil: Callable[[RgbImage], RgbImage], advice: str
) -> None:
    with pytest.raises(PoorPictureError, match=rf"{advice}.*\. Then take it again\.$"):
        collect_captures(frames(spoil(sample("obama.jpg"))), recogniser)


def test_poor_frame_does_not_spoil_a_burst(recogniser: Recogniser) -> None:
    (capture,) = collect_captures(frames(dark(sample("obama.jpg")), sample("obama.jpg")), recogniser)
    assert capture.captured_at == 1


def test_advice_is_not_lost_behind_a_later_frame_without_a_face(recogniser: Recogniser) -> None:
    blank = np.full((200, 200, 3), 128, np.uint8)
    with pytest.raises(PoorPictureError):
        collect_captures(frames(blank, dark(sample("obama.jpg")), blank), recogniser)


def test_pictures_that_hardly_compress_still_fit(recogniser: Recogniser) -> None:
    (capture,) = collect_captures(frames(sample("obama.jpg")), recogniser)
    noise = np.random.default_rng(1)
    capture.crop[:] = noise.integers(0, 256, capture.crop.shape, np.uint8)
    capture.portrait[:] = noise.integers(0, 256, capture.portrait.shape, np.uint8)
    face = encode_face(capture)
    assert len(face.crop) <= MAX_CROP
    assert len(face.portrait) <= MAX_PORTRAIT
    assert np.array_equal(decode_image(face.crop), capture.crop)


@pytest.mark.parametrize(
    ("image", "guidance"),
    [
        (lambda: sample("obama.jpg"), ""),
        (lambda: dark(sample("obama.jpg")), "too dark"),
        (lambda: small(sample("obama.jpg")), "come closer"),
        (couple, "one person alone"),
        (lambda: np.full((200, 200, 3), 128, np.uint8), "look here"),
    ],
)
def test_each_frame_says_what_to_change(recogniser: Recogniser, image: Callable[[], RgbImage], guidance: str) -> None:
    (seen,) = looks(frames(image()), recogniser)
    assert seen.guidance.startswith(guidance)
    assert (seen.refusal is None) == (guidance == "")
