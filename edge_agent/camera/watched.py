"""A camera whose frames are judged on the way: what is wrong with it is raised, or noted for the unit's health."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from edge_agent.camera.frame import Camera, CameraCoveredError, CameraFrozenError, Frame
from edge_agent.camera.sight import Sight
from protocol.health import Alarm

Note: TypeAlias = Callable[[Alarm | None], None]
"""Takes what is wrong with the camera now; None: it works."""

CAMERA_FAULTS: Final = frozenset({Alarm.CAMERA_LOST, Alarm.CAMERA_FROZEN, Alarm.CAMERA_COVERED, Alarm.CAMERA_COLOUR})


class WatchedCamera:
    """A camera, judged. Frames that show nothing, or the same as the one before, are passed over."""

    def __init__(self, camera: Camera, note: Note, *, live: bool, colour: bool) -> None:
        """`live`, `colour`: as for `Sight.after`."""
        self._camera = camera
        self._note = note
        self._live = live
        self._colour = colour

    def frames(self) -> Iterator[Frame]:
        """Frames that show something. Raises as the camera does, CameraCoveredError or CameraFrozenError."""
        sight, told, noted = Sight(), False, None
        for frame in self._camera.frames():
            sight = sight.after(frame.image, live=self._live, colour=self._colour)
            if sight.fault in {Alarm.CAMERA_COVERED, Alarm.CAMERA_FROZEN}:
                self._note(sight.fault)
                raise _error(sight.fault)
            if sight.shows:
                if not told or sight.fault is not noted:
                    self._note(sight.fault)
                    told, noted = True, sight.fault
                yield replace(frame, wrong_colours=sight.fault is Alarm.CAMERA_COLOUR)
        if sight.blank:
            self._note(Alarm.CAMERA_COVERED)
            raise CameraCoveredError("The video shows nothing. Uncover the lens and record it again.")


def _error(fault: Alarm) -> CameraFrozenError | CameraCoveredError:
    if fault is Alarm.CAMERA_FROZEN:
        return CameraFrozenError("The camera shows an old picture. Switch this unit off and on again, then try again.")
    return CameraCoveredError("The camera sees nothing. Uncover the lens, switch a light on and try again.")
