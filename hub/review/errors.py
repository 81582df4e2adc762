"""What the review room refuses, and how it says so."""

from faults import RejectedError


class ReviewError(RejectedError):
    """A review cannot take what was asked of it. Nothing has been recorded."""


class UnknownReviewError(ReviewError):
    """There is no such review."""


class AlreadyAnsweredError(ReviewError):
    """The same person has answered before."""


class AlreadyDecidedError(ReviewError):
    """Other people have answered meanwhile."""


class TakenError(ReviewError):
    """Colleagues are working on what this person could answer."""


class CommentError(ReviewError):
    """The comment is empty or too long."""


class ChecklistError(ReviewError):
    """The checklist is not complete."""


class FacesWithheldError(ReviewError):
    """This person has no reason to look at the faces."""


class NoPictureError(ReviewError):
    """There is no such picture."""


class ControlPairsError(ReviewError):
    """The folder of control pairs cannot be taken. The message names the line and what to mend."""
