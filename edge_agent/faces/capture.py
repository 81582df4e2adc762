"""Captures: the subject of a frame as the recogniser sees it and as a reviewer would."""

from dataclasses import dataclass

from edge_agent.camera.frame import Frame
from edge_agent.faces.subject import NoFaceError, SeveralFacesError, choose_subject
from edge_agent.trusted_time import Milliseconds
from faults import RejectedError
from models.align import portrait
from models.images import RgbImage
from models.quality import Quality, Verdict, assess
from models.recogniser import Recogniser


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


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one frame shows. `refusal`: why it is not used; `capture` is there whenever it shows one subject."""

    frame: Frame
    capture: Capture | None
    refusal: NoFaceError | SeveralFacesError | PoorPictureError | None

    @property
    def guidance(self) -> str:
        """The one thing to change, in few words for a screen; "" where the frame is good."""
        if self.capture is not None:
            return self.capture.quality.advice
        return "one person alone before the camera" if isinstance(self.refusal, SeveralFacesError) else "look here"


def look(frame: Frame, recogniser: Recogniser) -> Look:
    """See who is in a frame, and how well."""
    faces = recogniser.detect(frame.image)
    try:
        subject = choose_subject(faces)
    except (NoFaceError, SeveralFacesError) as error:
        return Look(frame, None, error)
    quality = assess(frame.image, faces, subject)
    capture = Capture(
        crop=recogniser.align(frame.image, subject),
        portrait=portrait(frame.image, subject),
        quality=quality,
        faces=len(faces),
        captured_at=frame.captured_at,
    )
    poor = quality.verdict is Verdict.RETAKE
    refusal = PoorPictureError(f"The picture cannot be used: {quality.advice}. Then take it again.") if poor else None
    return Look(frame, capture, refusal)
