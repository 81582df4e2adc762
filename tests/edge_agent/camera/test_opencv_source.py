from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.camera import opencv_source
from edge_agent.camera.frame import (
    Camera,
    CameraCoveredError,
    CameraFrozenError,
    CameraLostError,
    PhotographUnreadableError,
)
from edge_agent.camera.opencv_source import open_camera
from edge_agent.camera.source import CameraChoice, open_source
from models.images import RgbImage
from protocol.health import Alarm
from tests.support.rtsp_camera import RtspCamera

USER = "user:hidden-word"


def video(path: Path, frames: Sequence[RgbImage]) -> str:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return str(path)


def scene() -> RgbImage:
    """Red on the left, blue on the right."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, :80, 0] = 230
    image[:, 80:, 2] = 230
    return image


def test_video_gives_frames_in_red_green_blue_and_ends(tmp_path: Path) -> None:
    source = video(tmp_path / "a.avi", [scene()] * 4)
    with open_camera(source, now=lambda: 5) as camera:
        frames = list(camera.frames())
    assert len(frames) == 4
    assert frames[0].captured_at == 5
    assert frames[0].image.shape == (120, 160, 3)
    assert frames[0].image.dtype == np.uint8
    left, right = frames[0].image[60, 20], frames[0].image[60, 140]
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]


def judged(source: str, notes: list[Alarm | None]) -> AbstractContextManager[Camera]:
    return open_source(CameraChoice(source), lambda: 5, notes.append)


def test_black_frames_before_the_picture_comes_are_passed_over(tmp_path: Path) -> None:
    source = video(tmp_path / "a.avi", [np.zeros((120, 160, 3), np.uint8)] * 10 + [scene()] * 2)
    notes: list[Alarm | None] = []
    with judged(source, notes) as camera:
        assert len(list(camera.frames())) == 2
    assert notes == [None]


@pytest.mark.parametrize("length", [5, 40])
def test_covered_camera_is_said(tmp_path: Path, length: int) -> None:
    source = video(tmp_path / "a.avi", [np.full((120, 160, 3), 3, np.uint8)] * length)
    notes: list[Alarm | None] = []
    with judged(source, notes) as camera, pytest.raises(CameraCoveredError, match="Uncover"):
        list(camera.frames())
    assert notes == [Alarm.CAMERA_COVERED]


def test_camera_that_does_not_open_is_noted(capfd: pytest.CaptureFixture[str]) -> None:
    notes: list[Alarm | None] = []
    with pytest.raises(CameraLostError), judged("99", notes):
        pass
    assert notes == [Alarm.CAMERA_LOST]


def test_missing_video_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(PhotographUnreadableError, match="camera's number"),
        open_camera(str(tmp_path / "gone.avi"), now=lambda: 5),
    ):
        pass


def test_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_text("hello")
    with pytest.raises(CameraLostError, match="not a video"), open_camera(str(tmp_path / "a.avi"), now=lambda: 5):
        pass


def test_camera_that_is_not_connected_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CameraLostError, match="connected"), open_camera("99", now=lambda: 5):
        pass


def rooms(count: int) -> list[RgbImage]:
    """Pictures of a grey room, no two of which are equal."""
    noise = np.random.default_rng(3)
    return [noise.integers(60, 200, (120, 160, 1)).repeat(3, axis=2).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize("silent", [False, True])
def test_network_camera_that_is_unplugged_is_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], silent: bool
) -> None:
    monkeypatch.setattr(opencv_source, "_READ_MS", 1000)
    notes: list[Alarm | None] = []
    with (
        RtspCamera(rooms(40), tmp_path, user=USER, silent=silent) as network,
        judged(f"rtsp://{USER}@{network.address}", notes) as camera,
    ):
        frames = camera.frames()
        assert next(frames).image.shape == (120, 160, 3)
        with pytest.raises(CameraLostError, match="stopped giving"):
            list(frames)
    assert notes == [None]


def test_network_camera_that_repeats_one_picture_is_believed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    notes: list[Alarm | None] = []
    with (
        RtspCamera(rooms(1) * 100, tmp_path, user=USER) as network,
        judged(f"rtsp://{USER}@{network.address}", notes) as camera,
        pytest.raises(CameraFrozenError),
    ):
        list(camera.frames())
    assert notes == [None, Alarm.CAMERA_FROZEN]


def test_wrong_password_of_a_network_camera_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with RtspCamera(rooms(1), tmp_path, user="user:other-word") as network:
        source = f"rtsp://{USER}@{network.address}"
        with pytest.raises(CameraLostError) as raised, open_camera(source, now=lambda: 5):
            pass
    printed = capfd.readouterr()
    assert "hidden-word" not in str(raised.value) + printed.out + printed.err


def test_network_camera_that_does_not_answer_is_said_without_its_password(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(CameraLostError) as raised,
        open_camera("rtsp://user:hidden-word@127.0.0.1:9/stream", now=lambda: 5),
    ):
        pass
    printed = capfd.readouterr()
    assert "hidden-word" not in str(raised.value) + printed.out + printed.err
