"""The Raspberry Pi's own camera, through picamera2, which is imported nowhere else.

picamera2 0.3.30 and later; it needs the system's libcamera. What is used of it is in PiCamera below, and in the
contract that tests/edge_agent/camera/picamera2.json records of the package.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as JobTimeoutError
from contextlib import contextmanager
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from edge_agent.camera.frame import CameraLostError, Frame
from edge_agent.camera.source import Module
from edge_agent.trusted_time import Milliseconds
from models.images import RgbImage

SIZE: Final = (1280, 960)
"""Width and height in pixels: the whole of a 4:3 sensor, halved or quartered."""

# picamera2 names formats from the last byte to the first: this one is red, green, blue in an array.
_FORMAT: Final = "BGR888"
_BUFFERS: Final = 4
_FRAME_SECONDS: Final = 5.0
_SETTLING: Final = 20
"""Frames until exposure and colours have settled, and then are locked: frames of one burst differ in the face alone."""

_AF_CONTINUOUS: Final = 2  # libcamera's AfModeEnum.Continuous
_HDR_SINGLE: Final = 3  # libcamera's HdrModeEnum.SingleExposure, of the Raspberry Pi 5


class Job(Protocol):
    """Something that picamera2 does for us; opaque."""


class PiCamera(Protocol):
    """What is used of `picamera2.Picamera2`."""

    @property
    def camera_controls(self) -> Mapping[str, tuple[Any, Any, Any]]:
        """The controls that this camera has."""
        ...

    def create_video_configuration(
        self, main: dict[str, Any], *, buffer_count: int, queue: bool, controls: dict[str, Any]
    ) -> dict[str, Any]:
        """A configuration for frames that come one after the other."""
        ...

    def configure(self, camera_config: dict[str, Any]) -> None:
        """Take a configuration."""
        ...

    def start(self) -> None:
        """Begin to take frames."""
        ...

    def capture_array(self, name: str, wait: bool) -> Job:
        """Ask for the next frame, without waiting for it."""
        ...

    def capture_metadata(self, wait: bool) -> Job:
        """Ask for the next frame's metadata."""
        ...

    def wait(self, job: Job, timeout: float) -> Any:
        """What was asked for. Raises TimeoutError after so many seconds."""
        ...

    def set_controls(self, controls: dict[str, Any]) -> None:
        """For frames to come. Raises RuntimeError for a control that the camera lacks."""
        ...

    def close(self) -> None:
        """Stop, and let others have the camera."""
        ...


class PiFrames:
    """An opened camera module."""

    def __init__(self, camera: PiCamera, module: Module, now: Callable[[], Milliseconds]) -> None:
        """Configure and start it. Raises CameraLostError."""
        self._camera = camera
        self._now = now
        wanted = {"AfMode": _AF_CONTINUOUS} | ({"HdrMode": _HDR_SINGLE} if module is Module.HDR else {})
        with _lost():
            controls = self._those_it_has(wanted)
            camera.configure(
                camera.create_video_configuration(
                    {"size": SIZE, "format": _FORMAT}, buffer_count=_BUFFERS, queue=False, controls=controls
                )
            )
            camera.start()

    def frames(self) -> Iterator[Frame]:
        """Frames, RGB, from when exposure has settled. Raises CameraLostError."""
        with _lost():
            for _ in range(_SETTLING):
                self._picture()
            self._lock_exposure()
        while True:
            with _lost():
                image = self._picture()
            yield Frame(image, self._now())

    def _picture(self) -> RgbImage:
        image: NDArray[Any] = self._camera.wait(self._camera.capture_array("main", wait=False), timeout=_FRAME_SECONDS)
        # A copy: the camera uses its buffer again.
        return image[:, :, :3].copy()

    def _lock_exposure(self) -> None:
        seen = self._camera.wait(self._camera.capture_metadata(wait=False), timeout=_FRAME_SECONDS)
        measured = {name: seen[name] for name in ("ExposureTime", "AnalogueGain", "ColourGains") if name in seen}
        self._camera.set_controls(self._those_it_has({"AeEnable": False, "AwbEnable": False} | measured))

    def _those_it_has(self, controls: dict[str, Any]) -> dict[str, Any]:
        """A module without a lens motor has no autofocus, and picamera2 refuses what a camera lacks."""
        return {name: value for name, value in controls.items() if name in self._camera.camera_controls}


@contextmanager
def open_pi_camera(number: int, module: Module, now: Callable[[], Milliseconds]) -> Iterator[PiFrames]:
    """The camera module of this number. Raises CameraLostError."""
    with _lost():
        library = _library()
        listed = library.Picamera2.global_camera_info()[number]
        if module is Module.HDR:
            _set_sensor_hdr(listed)
        tuning = _noir_tuning(library, listed) if module is Module.NOIR else None
        camera = library.Picamera2(number, tuning=tuning)
    try:
        yield PiFrames(camera, module, now)
    finally:
        with _lost():
            camera.close()


def is_listed(number: int) -> bool:
    """Whether libcamera lists the camera. It takes no picture."""
    try:
        with _lost():
            return number < len(_library().Picamera2.global_camera_info())
    except CameraLostError:
        return False


def _library() -> Any:
    import picamera2

    return picamera2


def _set_sensor_hdr(camera: Mapping[str, Any]) -> None:
    """Camera module 3 has its own HDR mode, set before it is opened, which lasts until the board is switched off;
    others use the Raspberry Pi 5's.
    """
    if str(camera["Model"]).startswith("imx708"):
        from picamera2.devices.imx708 import IMX708

        with IMX708(camera["Num"]) as sensor:
            sensor.set_sensor_hdr_mode(True)


def _noir_tuning(library: Any, camera: Mapping[str, Any]) -> Any:
    """Older modules do not say that they have no infrared filter, and are tuned as if they had. None: as it is, also
    where libcamera has no such tuning: colours are not judged then.
    """
    model = str(camera["Model"])
    if model.endswith("_noir"):
        return None
    try:
        return library.Picamera2.load_tuning_file(f"{model}_noir.json")
    except RuntimeError:
        return None


@contextmanager
def _lost() -> Iterator[None]:
    """picamera2 says RuntimeError for nearly everything, and IndexError where its list of cameras changed."""
    try:
        yield
    except (RuntimeError, IndexError, OSError, JobTimeoutError, ImportError) as error:
        raise CameraLostError(
            "The camera does not answer. Check its cable, switch this unit off and on, then try again."
        ) from error
