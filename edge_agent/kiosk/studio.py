"""The camera while one person stands before it: live pictures with guidance, and a burst when somebody asks for it.

Frames are in memory alone, and only the latest; what is there to be sent is let go with the studio.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import structlog

from edge_agent.camera.frame import Frame, OpenCamera
from edge_agent.camera.preview import preview_jpeg
from edge_agent.faces.burst import Burst
from edge_agent.faces.capture import Capture, look
from edge_agent.faces.fusion import fuse
from faults import MissingChildAlertError, RejectedError
from models.recogniser import Recogniser
from models.template import Template

logger = structlog.get_logger()

PACE: Final = 0.04
"""Seconds of rest between two frames: the unit has other things to do, and a photograph as a camera never waits."""


class Phase(StrEnum):
    """What the camera does."""

    LOOKING = "looking"
    SHOOTING = "shooting"
    TAKEN = "taken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """The pictures of one person, the best first, and their template. `poor`: used although the unit refused them."""

    captures: Sequence[Capture]
    template: Template
    poor: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the screen shows. `number` rises with each; `turn` whenever the page is to be shown anew."""

    number: int = 0
    turn: int = 0
    phase: Phase = Phase.LOOKING
    picture: bytes = b""  # JPEG
    guidance: str = ""  # the one thing to change, in English; "" where the picture is good


class Studio:
    """Runs from `open` to `close`, in a thread of its own. Its other methods may be called from any thread."""

    def __init__(self, open_camera: OpenCamera, recogniser: Recogniser, on_change: Callable[[], None]) -> None:
        """`on_change` is called from the studio's thread whenever there is another view."""
        self._open_camera = open_camera
        self._recogniser = recogniser
        self._on_change = on_change
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._asked = False
        self._burst: Burst | None = None
        self._poor: Sequence[Capture] = ()
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)
        self.view = View()
        self.shot: Shot | None = None
        self.problem: MissingChildAlertError | None = None

    def open(self) -> None:
        """Open the camera. What goes wrong is told in `problem`."""
        self._thread.start()

    def close(self) -> None:
        """Keep no picture, and have the camera closed; does not wait for it."""
        self._closing.set()
        with self._lock:
            self.shot, self._poor, self._burst = None, (), None
            self.view = View(self.view.number, self.view.turn)

    def wait_until_closed(self) -> None:
        """Until another studio can have the camera. Only after `close`."""
        self._thread.join()

    def shoot(self) -> None:
        """Take the next pictures; a press while they are taken, or afterwards, is nothing."""
        with self._lock:
            if self.view.phase is Phase.LOOKING:
                self._asked = True

    @property
    def can_override(self) -> bool:
        """Whether the last pictures show one person, and were refused for their quality alone."""
        return bool(self._poor)

    def use_poor(self) -> None:
        """Use the pictures that were refused. Raises SeveralFacesError when they do not show one person."""
        with self._lock:
            captures = self._poor
            if self.shot is None and captures:
                self._take(Shot(captures, fuse(captures, self._recogniser), poor=True))
        self._on_change()

    def _run(self) -> None:
        try:
            with self._open_camera() as camera:
                while not self._over:
                    for frame in camera.frames():
                        self._see(frame)
                        if self._closing.wait(PACE) or self._over:
                            break
                    else:
                        self._end_of_recording()
        except MissingChildAlertError as error:
            logger.warning("kiosk.camera_failed", kind=type(error).__name__)
            with self._lock:
                self.problem = error
                self._turn(Phase.FAILED)
            self._on_change()

    @property
    def _over(self) -> bool:
        return self._closing.is_set() or self.view.phase is Phase.TAKEN

    def _see(self, frame: Frame) -> None:
        seen = look(frame, self._recogniser)
        picture = preview_jpeg(frame.image)
        with self._lock:
            if self._closing.is_set():
                return
            if self._asked:
                self._asked, self._burst, self._poor, self.problem = False, Burst(), (), None
                self.view = replace(self.view, phase=Phase.SHOOTING)
            self.view = replace(self.view, number=self.view.number + 1, picture=picture, guidance=seen.guidance)
            if self._burst is not None:
                self._burst.add(seen)
                if self._burst.satisfied:
                    self._finish(self._burst)
        self._on_change()

    def _end_of_recording(self) -> None:
        """A camera never ends; a photograph or a video begins again, and a burst has all of it that there is."""
        with self._lock:
            if self._burst is not None:
                self._finish(self._burst)
        self._on_change()
        self._closing.wait(PACE)

    def _finish(self, burst: Burst) -> None:
        self._burst = None
        try:
            captures = burst.best()
            self._take(Shot(captures, fuse(captures, self._recogniser)))
        except RejectedError as error:
            self.problem, self._poor = error, burst.poor()
            self._turn(Phase.LOOKING)

    def _take(self, shot: Shot) -> None:
        logger.info("intake.captured")
        self.shot, self.problem, self._poor = shot, None, ()
        self._turn(Phase.TAKEN)

    def _turn(self, phase: Phase) -> None:
        self.view = View(self.view.number + 1, self.view.turn + 1, phase)
