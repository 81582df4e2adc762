"""What the screen says when something did not work, in its own language: one sentence for each kind of error."""

from collections.abc import Mapping
from typing import Final

from edge_agent.camera.frame import CameraCoveredError, CameraFrozenError, CameraLostError
from edge_agent.database import DatabaseUnavailableError
from edge_agent.faces.capture import PoorPictureError
from edge_agent.faces.subject import NoFaceError, SeveralFacesError
from edge_agent.found.facts import FoundFactsError
from edge_agent.intakes.desk import KeepingNotPermittedError
from edge_agent.kiosk.access import FormRefusedError, RoleMissingError
from edge_agent.kiosk.found_entry import IncompleteMarkError
from edge_agent.kiosk.intake import IntakeOverError, OverrideReasonError
from edge_agent.kiosk.languages import marked, say
from edge_agent.sightings.outbox import OutboxFullError
from edge_agent.sightings.request import BasisReferenceError, ChildRefusedError
from edge_agent.staff.errors import LockedOutError, StaffListEndedError, StaffListMissingError, WrongPinError
from edge_agent.supervision.explanations import EXPLANATIONS
from protocol.basis import IncompleteBasisError, Language
from protocol.errors import FieldError
from protocol.withdrawal import WithdrawalCodeError

_OTHERWISE: Final = marked("That did not work, and nothing was kept. Try again, or call the technician.")

_SENTENCES: Final[Mapping[type[Exception], str]] = {
    BasisReferenceError: marked("A name, number or reason is too long: use one line."),
    CameraCoveredError: EXPLANATIONS[CameraCoveredError.alarm].staff,
    CameraFrozenError: EXPLANATIONS[CameraFrozenError.alarm].staff,
    CameraLostError: EXPLANATIONS[CameraLostError.alarm].staff,
    ChildRefusedError: marked("The child said no. Nothing was kept."),
    DatabaseUnavailableError: marked(
        "This unit cannot write: its disk is full or broken. Nothing was kept. Use paper, and call the technician."
    ),
    FieldError: marked("A name or number cannot be recorded as it is. Correct it."),
    IncompleteMarkError: marked("Say of a scar or mark where it is and what it looks like."),
    FoundFactsError: marked("What was entered is too long, or too much. Shorten it."),
    IncompleteBasisError: marked(
        "The legal basis is not complete: fill in what is missing. A child of this age is asked too."
    ),
    IntakeOverError: marked("This intake has ended, and nothing more was kept. Begin a new one."),
    KeepingNotPermittedError: marked("This unit may keep nothing for later searches. Take that choice back."),
    NoFaceError: marked("No face was seen. One person looks at the camera, in good light."),
    OutboxFullError: marked("This unit has no room for another intake. Use paper, and call the technician."),
    OverrideReasonError: marked("Say why this picture is used."),
    PoorPictureError: marked("The picture is not good enough to be compared. Follow the advice and take it again."),
    SeveralFacesError: marked("More than one person was seen. One person alone before the camera."),
    StaffListEndedError: marked(
        "Nobody can sign in: this unit has not been connected for too long. Call the technician."
    ),
    StaffListMissingError: marked("Nobody can sign in here yet: call the technician."),
    WithdrawalCodeError: marked(
        "This is not the code of a receipt. Scan it again, or compare each group of four letters with the paper."
    ),
    WrongPinError: marked("The PIN is not right. Try again."),
    LockedOutError: marked("Too many wrong PINs. Wait %(seconds)s seconds, then try again."),
    FormRefusedError: marked("This page is no longer current. Begin again."),
    RoleMissingError: marked("Your account does not include this. Ask the technician if it should."),
}


def sentence(error: Exception, language: Language) -> str:
    """For staff at the screen; what a technician needs is in the log."""
    found = next((_SENTENCES[kind] for kind in type(error).__mro__ if kind in _SENTENCES), _OTHERWISE)
    if isinstance(error, LockedOutError):
        return say(language, found, seconds=error.seconds)
    return say(language, found)
