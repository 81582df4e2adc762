"""Cameras through OpenCV: a USB camera by its number, a network camera by its RTSP address, or a video file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from edge_agent.camera.frame import CameraLostError, Frame, PhotographUnreadableError
from edge_agent.trusted_time import Milliseconds
from models.images import RgbImage

_OPEN_MS, _READ_MS = 10_000, 5_000
# The first frames of a camera are made before its exposure has settled.
_WARM_UP = 5
_ADDRESSES = ("rtsp://", "rtsps://")


class OpenCvCamera:
    """An opened camera."""

    def __init__(self, capture: cv2.VideoCapture, now: Callable[[], Milliseconds], *, live: bool) -> None:
        """`live`: it never ends by itself, so a frame that does not come means that it is lost."""
        self._capture = capture
        self._now = now
        self._live = live

    def frames(self) -> Iterator[Frame]:
        """Frames, RGB. Raises CameraLostError."""
        for _ in range(_WARM_UP if self._live else 0):
            self._read()
        while (image := self._read()) is not None:
            yield Frame(image, self._now())

    def _read(self) -> RgbImage | None:
        taken, image = self._capture.read()
        if taken and image.size:
            return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype("uint8", copy=False)
        if self._live:
            raise CameraLostError("The camera stopped giving pictures. Check its cable or network, then try again.")
        return None


@contextmanager
def open_camera(source: str, now: Callable[[], Milliseconds]) -> Iterator[OpenCvCamera]:
    """`source`: the number of a USB camera, an rtsp:// or rtsps:// address, or the path of a video file.

    Raises CameraLostError when it does not open, PhotographUnreadableError when there is no such file.
    """
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # OpenCV would print addresses, with their passwords, on standard error.
    capture, live = _open(source)
    try:
        if not capture.isOpened():
            raise CameraLostError(
                "The camera does not open. Check that it is connected, switched on and used by nothing else."
                if live
                else f"{source} is not a video that can be played."
            )
        yield OpenCvCamera(capture, now, live=live)
    finally:
        capture.release()


def is_address(source: str) -> bool:
    """Whether it is a network camera's."""
    return source.startswith(_ADDRESSES)


def _open(source: str) -> tuple[cv2.VideoCapture, bool]:
    if source.isdecimal():
        return cv2.VideoCapture(int(source)), True
    if is_address(source):
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits), True
    if not Path(source).is_file():
        raise PhotographUnreadableError(
            f"There is no video {source}. Give a camera's number (0), an rtsp:// address or a video file."
        )
    return cv2.VideoCapture(source), False
