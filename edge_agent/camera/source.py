"""Which camera a unit has, and how it opens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge_agent.camera.files import FileCamera
from edge_agent.camera.frame import Camera, CameraLostError
from edge_agent.camera.opencv_source import is_address, open_camera
from edge_agent.camera.watched import Note, WatchedCamera
from edge_agent.trusted_time import Milliseconds

PI_CAMERA: Final = "picamera2"
_PHOTOGRAPHS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})


class Module(StrEnum):
    """What kind of Raspberry Pi camera module it is."""

    STANDARD = "standard"
    NOIR = "noir"  # without infrared filter: for infrared light, its colours are wrong
    HDR = "hdr"  # camera module 3 in its mode for bright backgrounds


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """`source`: `picamera2` (the first, or `picamera2:1`), the number of a USB camera, an rtsp:// or rtsps:// address,
    a video, a photograph, or a folder of photographs.
    """

    source: str
    module: Module = Module.STANDARD

    @property
    def pi_camera(self) -> int | None:
        """The number of the Raspberry Pi camera; None for another one."""
        name, _, number = self.source.partition(":")
        return int(number or 0) if name == PI_CAMERA and (number or "0").isdecimal() else None

    @property
    def live(self) -> bool:
        """Whether it is a camera, and no recording."""
        return self.pi_camera is not None or self.source.isdecimal() or is_address(self.source)


@contextmanager
def open_source(choice: CameraChoice, now: Callable[[], Milliseconds], note: Note) -> Iterator[Camera]:
    """Open the camera, judged. `note` is told how it is.

    Raises CameraLostError when it does not open, PhotographUnreadableError when there is no such file.
    """
    if Path(choice.source).is_dir() or Path(choice.source).suffix.lower() in _PHOTOGRAPHS:
        yield FileCamera(Path(choice.source), now)
        return
    try:
        with _open_raw(choice, now) as camera:
            yield WatchedCamera(camera, note, live=choice.live, colour=choice.module is not Module.NOIR)
    except CameraLostError as error:
        note(error.alarm)
        raise


@contextmanager
def _open_raw(choice: CameraChoice, now: Callable[[], Milliseconds]) -> Iterator[Camera]:
    number = choice.pi_camera
    if number is None:
        with open_camera(choice.source, now) as camera:
            yield camera
        return
    # Only a Raspberry Pi has what this needs.
    from edge_agent.camera.picamera2_source import open_pi_camera

    with open_pi_camera(number, choice.module, now) as pi_camera:
        yield pi_camera
