"""Captures: the subject of a frame as the recogniser sees it and as a reviewer would."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_agent.camera.frame import Frame
from edge_agent.faces.subject import NoFaceError, SeveralFacesError, choose_subject
from edge_agent.trusted_time import Milliseconds
from models.align import portrait
from models.images import RgbImage
from models.recogniser import Recogniser

WANTED: Final = 3
"""How many captures of a burst are enough."""

MAX_FRAMES: Final = 60
"""How many frames are looked at before an intake gives up: some seconds of a camera."""


class CameraSilentError(NoFaceError):
    """The source ended before it gave a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """The subject in one frame."""

    crop: RgbImage  # (112, 112, 3) uint8, aligned
    portrait: RgbImage  # (336, 336, 3) uint8, with a margin
    area: float  # of the face in the frame, in square pixels
    faces: int  # how many faces the frame shows
    captured_at: Milliseconds


def collect_captures(frames: Iterable[Frame], recogniser: Recogniser) -> list[Capture]:
    """Up to WANTED captures from the first MAX_FRAMES frames, the largest face first; at least one.

    A frame without a clear subject is passed over where others have one. Raises SeveralFacesError when
    no frame has, and one shows several people; NoFaceError otherwise.
    """
    captures: list[Capture] = []
    refusal: NoFaceError | SeveralFacesError = CameraSilentError("The camera gave no picture. Try again.")
    for count, frame in enumerate(frames, 1):
        try:
            captures.append(_capture(frame, recogniser))
        except SeveralFacesError as error:
            refusal = error
        except NoFaceError as error:
            refusal = refusal if isinstance(refusal, SeveralFacesError) else error
        if len(captures) == WANTED or count == MAX_FRAMES:
            break
    if not captures:
        raise refusal
    return sorted(captures, key=lambda capture: -capture.area)


def _capture(frame: Frame, recogniser: Recogniser) -> Capture:
    faces = recogniser.detect(frame.image)
    subject = choose_subject(faces)
    return Capture(
        crop=recogniser.align(frame.image, subject),
        portrait=portrait(frame.image, subject),
        area=subject.area,
        faces=len(faces),
        captured_at=frame.captured_at,
    )
