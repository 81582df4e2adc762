"""Captures: the subject of a frame as the recogniser sees it and as a reviewer would."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_agent.camera.frame import Frame
from edge_agent.faces.subject import NoFaceError, SeveralFacesError, choose_subject
from edge_agent.trusted_time import Milliseconds
from faults import RejectedError
from models.align import portrait
from models.images import RgbImage
from models.quality import Quality, Verdict, assess
from models.recogniser import Recogniser

USED: Final = 3
"""How many captures of a burst are fused: the best."""

ENOUGH: Final = 8
"""How many usable captures are chosen from."""

MAX_FRAMES: Final = 60
"""How many frames are looked at before an intake gives up: some seconds of a camera."""


class CameraSilentError(NoFaceError):
    """The source ended before it gave a frame."""


class PoorPictureError(RejectedError):
    """The face is there and cannot be compared as it is shown; the message names the one thing to change."""


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """The subject in one frame."""

    crop: RgbImage  # (112, 112, 3) uint8, aligned
    portrait: RgbImage  # (336, 336, 3) uint8, with a margin
    quality: Quality
    faces: int  # how many faces the frame shows
    captured_at: Milliseconds

    @property
    def weight(self) -> float:
        """1 to 100: a picture is as good as its worst measure."""
        return max(min(component.score for component in self.quality.components), 1.0)


def collect_captures(frames: Iterable[Frame], recogniser: Recogniser) -> list[Capture]:
    """The best USED of up to ENOUGH usable captures from the first MAX_FRAMES frames, best first; at least one.

    A frame without a clear subject, or too poor to be compared, is passed over where others are not. Otherwise
    raises SeveralFacesError when one shows several people, PoorPictureError when one shows a face, NoFaceError.
    """
    captures: list[Capture] = []
    refusal: RejectedError = CameraSilentError("The camera gave no picture. Try again.")
    for count, frame in enumerate(frames, 1):
        try:
            captures.append(_capture(frame, recogniser))
        except (SeveralFacesError, PoorPictureError, NoFaceError) as error:
            refusal = max(refusal, error, key=_telling)
        if len(captures) == ENOUGH or count == MAX_FRAMES:
            break
    if not captures:
        raise refusal
    return sorted(captures, key=lambda capture: -capture.weight)[:USED]


def _telling(refusal: RejectedError) -> int:
    """Of several refusals the one that says most is told; of equal ones the first."""
    ranks = (SeveralFacesError, 4), (PoorPictureError, 3), (CameraSilentError, 1), (NoFaceError, 2)
    return next(rank for kind, rank in ranks if isinstance(refusal, kind))


def _capture(frame: Frame, recogniser: Recogniser) -> Capture:
    faces = recogniser.detect(frame.image)
    subject = choose_subject(faces)
    quality = assess(frame.image, faces, subject)
    if quality.verdict is Verdict.RETAKE:
        raise PoorPictureError(f"The picture cannot be used: {quality.advice}. Then take it again.")
    return Capture(
        crop=recogniser.align(frame.image, subject),
        portrait=portrait(frame.image, subject),
        quality=quality,
        faces=len(faces),
        captured_at=frame.captured_at,
    )
