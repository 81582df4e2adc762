"""Frames that show nothing, nothing new, or wrong colours."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
import pytest

from edge_agent.camera.frame import Camera, CameraCoveredError, CameraFrozenError, CameraLostError, Frame
from edge_agent.camera.sight import BLANK_FRAMES, CAST, CAST_FRAMES, SAME_FRAMES, Sight, colour_cast
from edge_agent.camera.watched import WatchedCamera
from models.images import RgbImage, decode_image
from protocol.health import Alarm
from tests.edge_agent.lists import SAMPLES

_noise = np.random.default_rng(3)


def room() -> RgbImage:
    """A dim room: no two pictures of it are equal."""
    picture = np.full((48, 64, 3), 40, np.int16)
    picture[:, 20:44] = 90
    return (picture + _noise.integers(-6, 7, picture.shape)).astype(np.uint8)


def covered() -> RgbImage:
    return (3 + _noise.integers(0, 3, (48, 64, 3))).astype(np.uint8)


def magenta() -> RgbImage:
    """As a module without infrared filter sees by day."""
    picture: RgbImage = (room() * np.array([1.6, 0.4, 1.5])).clip(0, 255).astype(np.uint8)
    return picture


def after(images: Sequence[RgbImage], *, live: bool = True, colour: bool = True) -> Sight:
    sight = Sight()
    for image in images:
        sight = sight.after(image, live=live, colour=colour)
    return sight


def several(make: Callable[[], RgbImage], count: int) -> list[RgbImage]:
    return [make() for _ in range(count)]


def test_dim_room_is_seen() -> None:
    sight = after(several(room, 2 * SAME_FRAMES))
    assert (sight.fault, sight.shows) == (None, True)


def test_covered_lens_is_told_when_it_lasts_and_forgotten_when_it_is_uncovered() -> None:
    sight = after(several(covered, BLANK_FRAMES - 1))
    assert (sight.fault, sight.shows) == (None, False)
    assert sight.after(covered()).fault is Alarm.CAMERA_COVERED
    assert sight.after(room()).fault is None


def test_frozen_picture_is_told_and_its_repetitions_are_passed_over() -> None:
    picture = room()
    sight = after([picture] * SAME_FRAMES)
    assert (sight.fault, sight.shows) == (None, False)
    assert sight.after(picture.copy()).fault is Alarm.CAMERA_FROZEN
    assert sight.after(room()).fault is None


def test_frozen_black_picture_is_frozen_first() -> None:
    assert after([covered()] * (SAME_FRAMES + 1)).fault is Alarm.CAMERA_FROZEN


def test_recording_may_repeat_itself() -> None:
    sight = after([room()] * (SAME_FRAMES + 1), live=False)
    assert (sight.fault, sight.shows) == (None, True)


def test_wrong_white_balance_is_told_but_not_of_a_module_without_filter() -> None:
    assert after(several(magenta, CAST_FRAMES - 1)).fault is None
    sight = after(several(magenta, CAST_FRAMES))
    assert (sight.fault, sight.shows) == (Alarm.CAMERA_COLOUR, True)
    assert after(several(magenta, CAST_FRAMES), colour=False).fault is None


@pytest.mark.parametrize("photo", ["obama.jpg", "obama2.jpg", "biden.jpg"])
def test_photographs_of_people_are_not_of_a_wrong_colour(photo: str) -> None:
    assert colour_cast(decode_image((SAMPLES / photo).read_bytes())) < 0.8 * CAST


def test_colour_of_a_picture_that_is_black_or_white_cannot_be_told() -> None:
    assert colour_cast(np.zeros((48, 64, 3), np.uint8)) == colour_cast(np.full((48, 64, 3), 255, np.uint8)) == 1


class Recorded:
    """A camera that gives these frames, and then is lost."""

    def __init__(self, images: Sequence[RgbImage]) -> None:
        self.images = images

    def frames(self) -> Iterator[Frame]:
        yield from (Frame(image, number) for number, image in enumerate(self.images))
        raise CameraLostError("The camera stopped giving pictures.")


def watch(images: Sequence[RgbImage], notes: list[Alarm | None]) -> Camera:
    return WatchedCamera(Recorded(images), notes.append, live=True, colour=True)


def test_frozen_camera_ends_an_intake_with_one_note() -> None:
    notes: list[Alarm | None] = []
    with pytest.raises(CameraFrozenError, match="old picture"):
        list(watch([room()] * (SAME_FRAMES + 2), notes).frames())
    assert notes == [None, Alarm.CAMERA_FROZEN]


def test_covered_camera_gives_no_frame_and_is_noted() -> None:
    notes: list[Alarm | None] = []
    with pytest.raises(CameraCoveredError, match="Uncover"):
        list(watch(several(covered, BLANK_FRAMES), notes).frames())
    assert notes == [Alarm.CAMERA_COVERED]


def test_wrong_colours_are_noted_and_the_intake_goes_on() -> None:
    notes: list[Alarm | None] = []
    frames = watch([*several(magenta, 2 * CAST_FRAMES), *several(room, 2)], notes).frames()
    assert len(list(islice(frames, 2 * CAST_FRAMES + 2))) == 2 * CAST_FRAMES + 2
    assert notes == [None, Alarm.CAMERA_COLOUR, None]
