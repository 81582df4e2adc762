"""The unit's camera, looked through from a thread of its own: while a person stands there, or for a receipt."""

import threading
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from edge_agent.camera.frame import CameraLostError, Frame, OpenCamera
from faults import MissingChildAlertError

logger = structlog.get_logger()

PACE: Final = 0.04
"""Seconds of rest between two frames: the unit has other things to do, and a photograph as a camera never waits."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedCamera:
    """The one camera, for whoever looks through it, one after the other. `open` is called in `turn` alone."""

    open: OpenCamera
    turn: threading.Lock = field(default_factory=threading.Lock)


class Watcher(Protocol):
    """Who looks. Called from the lens's thread."""

    def see(self, frame: Frame) -> bool:
        """One more frame. Whether another is wanted."""
        ...

    def begin_again(self) -> bool:
        """A recording has ended, as a camera never does. Whether it is wanted once more."""
        ...

    def fail(self, problem: MissingChildAlertError) -> None:
        """The camera gives no more frames."""
        ...


class Lens:
    """Looks from `open` until `close`, or until the watcher wants no more; the camera is closed then."""

    def __init__(self, camera: SharedCamera, watcher: Watcher) -> None:
        """Nothing is opened yet."""
        self._camera = camera
        self._watcher = watcher
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lens", daemon=True)

    @property
    def closing(self) -> bool:
        """Whether somebody has closed it."""
        return self._closing.is_set()

    def open(self) -> None:
        """Begin, once whoever looked before has closed the camera. What goes wrong the watcher is told."""
        self._thread.start()

    def close(self) -> None:
        """End; does not wait for it."""
        self._closing.set()

    def _run(self) -> None:
        # For whatever else goes wrong: this thread ends with a trace in the log, and the page says that it did.
        problem: MissingChildAlertError | None = CameraLostError("The camera's thread has ended. Open it again.")
        try:
            with self._camera.turn:
                self._look()
            problem = None
        except MissingChildAlertError as error:
            logger.warning("kiosk.camera_failed", kind=type(error).__name__)
            problem = error
        finally:
            if problem is not None:
                self._watcher.fail(problem)

    def _look(self) -> None:
        if self.closing:
            return
        with self._camera.open() as camera:
            wanted = True
            while wanted and not self.closing:
                for frame in camera.frames():
                    wanted = self._watcher.see(frame)
                    if self._closing.wait(PACE) or not wanted:
                        break
                else:
                    wanted = self._watcher.begin_again()
                    self._closing.wait(PACE)
