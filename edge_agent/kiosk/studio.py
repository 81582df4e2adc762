"""The camera while one person stands before it: live pictures with guidance, and a burst when somebody asks for it.

Frames are in memory alone, and only the latest; what is there to be sent is let go with the studio.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from edge_agent.camera.frame import Frame
from edge_agent.camera.preview import preview_jpeg
from edge_agent.faces.burst import Burst
from edge_agent.faces.capture import Capture, look
from edge_agent.faces.fusion import fuse
from edge_agent.kiosk.lens import Lens, SharedCamera
from edge_agent.kiosk.ticker import Ticker
from edge_agent.supervision.explanations import EXPLANATIONS
from faults import MissingChildAlertError, RejectedError
from models.recogniser import Recogniser
from models.template import Template
from protocol.health import Alarm

logger = structlog.get_logger()


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

    def __init__(self, camera: SharedCamera, recogniser: Recogniser, ticker: Ticker) -> None:
        """`ticker` ticks whenever there is another view."""
        self._recogniser = recogniser
        self._lens = Lens(camera, self)
        self._lock = threading.Lock()
        self._asked = False
        self._burst: Burst | None = None
        self._poor: Sequence[Capture] = ()
        self.ticker = ticker
        self.view = View()
        self.shot: Shot | None = None
        self.problem: MissingChildAlertError | None = None

    def open(self) -> None:
        """Open the camera. What goes wrong is told in `problem`."""
        self._lens.open()

    def close(self) -> None:
        """Keep no picture, and have the camera closed; does not wait for it."""
        self._lens.close()
        with self._lock:
            self.shot, self._poor, self._burst = None, (), None
            self.view = View(self.view.number, self.view.turn)

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
        self.ticker.tick()

    def see(self, frame: Frame) -> bool:
        """A frame of the lens: shown, and looked at."""
        seen = look(frame, self._recogniser)
        # Told where nothing else is amiss, and no more: the face is compared all the same.
        colours = EXPLANATIONS[Alarm.CAMERA_COLOUR].staff if frame.wrong_colours else ""
        guidance = seen.guidance or colours
        picture = preview_jpeg(frame.image)
        with self._lock:
            if self._over:
                return False
            if self._asked:
                self._asked, self._burst, self._poor, self.problem = False, Burst(), (), None
                self.view = replace(self.view, phase=Phase.SHOOTING)
            self.view = replace(self.view, number=self.view.number + 1, picture=picture, guidance=guidance)
            if self._burst is not None:
                self._burst.add(seen)
                if self._burst.satisfied:
                    self._finish(self._burst)
        self.ticker.tick()
        return not self._over

    def begin_again(self) -> bool:
        """A burst has all that there is of a photograph or a video, which are shown again."""
        with self._lock:
            if self._burst is not None:
                self._finish(self._burst)
        self.ticker.tick()
        return not self._over

    def fail(self, problem: MissingChildAlertError) -> None:
        """The camera is lost, covered or frozen: the page says so, and offers to open it again."""
        with self._lock:
            if not self._over:
                self.problem, self._burst = problem, None
                self._turn(Phase.FAILED)
        self.ticker.tick()

    @property
    def _over(self) -> bool:
        return self._lens.closing or self.view.phase is Phase.TAKEN

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
