from collections.abc import Iterator

import numpy as np
import pytest

from edge_agent.camera.frame import Frame
from edge_agent.faces.capture import MAX_FRAMES, WANTED, CameraSilentError, collect_captures
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
    source = frames(*[sample("obama.jpg")] * (WANTED + 2))
    assert len(collect_captures(source, recogniser)) == WANTED
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


def test_largest_face_comes_first(recogniser: Recogniser) -> None:
    near, far = sample("obama.jpg"), sample("obama.jpg")[::3, ::3]
    first, second = collect_captures(frames(np.ascontiguousarray(far), near), recogniser)
    assert first.captured_at == 1
    assert first.area > second.area


def test_pictures_that_hardly_compress_still_fit(recogniser: Recogniser) -> None:
    (capture,) = collect_captures(frames(sample("obama.jpg")), recogniser)
    noise = np.random.default_rng(1)
    capture.crop[:] = noise.integers(0, 256, capture.crop.shape, np.uint8)
    capture.portrait[:] = noise.integers(0, 256, capture.portrait.shape, np.uint8)
    face = encode_face(capture)
    assert len(face.crop) <= MAX_CROP
    assert len(face.portrait) <= MAX_PORTRAIT
    assert np.array_equal(decode_image(face.crop), capture.crop)
