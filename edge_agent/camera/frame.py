"""What every camera gives, and how one fails."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

from edge_agent.trusted_time import Milliseconds
from faults import RejectedError, UnavailableError
from models.images import RgbImage
from protocol.health import Alarm


class CameraLostError(UnavailableError):
    """The camera does not open, or stopped giving frames."""

    alarm: ClassVar = Alarm.CAMERA_LOST


class CameraFrozenError(UnavailableError):
    """The camera gives one picture again and again."""

    alarm: ClassVar = Alarm.CAMERA_FROZEN


class CameraCoveredError(RejectedError):
    """The camera works and sees nothing."""

    alarm: ClassVar = Alarm.CAMERA_COVERED


class PhotographUnreadableError(RejectedError):
    """There is no photograph where one was named."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture: (height, width, 3) uint8 RGB, upright. `wrong_colours`: its light is far from white."""

    image: RgbImage
    captured_at: Milliseconds
    wrong_colours: bool = False


class Camera(Protocol):
    """A source of frames, opened for one intake."""

    def frames(self) -> Iterator[Frame]:
        """Frames as they come; it ends where the source does.

        Raises CameraLostError, CameraFrozenError, CameraCoveredError, PhotographUnreadableError or models'
        ImageRejectedError.
        """
        ...


OpenCamera: TypeAlias = Callable[[], AbstractContextManager[Camera]]
"""Opens the camera; called only after the legal basis is recorded."""
