"""Bursts: frames until enough of them are good, of which the best are used."""

from collections.abc import Iterable, Iterator
from typing import Final

from edge_agent.camera.frame import Frame
from edge_agent.faces.capture import Capture, Look, PoorPictureError, look
from edge_agent.faces.subject import NoFaceError, SeveralFacesError
from faults import RejectedError
from models.recogniser import Recogniser

USED: Final = 3
"""How many captures of a burst are fused: the best."""

ENOUGH: Final = 8
"""How many usable captures are chosen from."""

MAX_FRAMES: Final = 60
"""How many frames are looked at before an intake gives up: some seconds of a camera."""


class CameraSilentError(NoFaceError):
    """The source ended before it gave a frame."""


def looks(frames: Iterable[Frame], recogniser: Recogniser) -> Iterator[Look]:
    """What each frame shows, as it comes: for a preview's guidance, and for a burst."""
    return (look(frame, recogniser) for frame in frames)


class Burst:
    """Collects what frames show. Nothing of it is kept anywhere else."""

    def __init__(self) -> None:
        """Nothing has been seen."""
        self._captures: list[Capture] = []
        self._poor: list[Capture] = []
        self._refusal: RejectedError = CameraSilentError("The camera gave no picture. Try again.")
        self._frames = 0

    def add(self, seen: Look) -> None:
        """One more frame. One without a clear subject, or too poor to be compared, is passed over."""
        self._frames += 1
        if seen.refusal is not None:
            self._refusal = max(self._refusal, seen.refusal, key=_telling)
            if seen.capture is not None:
                self._poor = _best([*self._poor, seen.capture])
        elif seen.capture is not None:
            self._captures.append(seen.capture)

    @property
    def satisfied(self) -> bool:
        """Whether no more frames are wanted: there are ENOUGH usable captures, or MAX_FRAMES did not give them."""
        return len(self._captures) == ENOUGH or self._frames == MAX_FRAMES

    def best(self) -> list[Capture]:
        """The best USED captures, best first; at least one.

        Without any, raises SeveralFacesError when a frame showed several people, PoorPictureError when one showed a
        face, NoFaceError.
        """
        if not self._captures:
            raise self._refusal
        return _best(self._captures)

    def poor(self) -> list[Capture]:
        """The best USED of those that show one subject and were refused for their quality, best first; or none."""
        return self._poor


def collect_captures(frames: Iterable[Frame], recogniser: Recogniser) -> list[Capture]:
    """The best captures of the first frames that satisfy a burst. Raises as `Burst.best` does."""
    burst = Burst()
    for seen in looks(frames, recogniser):
        burst.add(seen)
        if burst.satisfied:
            break
    return burst.best()


def _best(captures: list[Capture]) -> list[Capture]:
    return sorted(captures, key=lambda capture: -capture.weight)[:USED]


def _telling(refusal: RejectedError) -> int:
    """Of several refusals the one that says most is told; of equal ones the first."""
    ranks = (SeveralFacesError, 4), (PoorPictureError, 3), (CameraSilentError, 1), (NoFaceError, 2)
    return next(rank for kind, rank in ranks if isinstance(refusal, kind))
