"""What the screen says when something did not work, in its own language: one sentence for each kind of error."""

from collections.abc import Mapping
from typing import Final

from edge_agent.kiosk.access import FormRefusedError, RoleMissingError
from edge_agent.kiosk.languages import marked, say
from edge_agent.kiosk.staff import LockedOutError, WrongPinError
from protocol.basis import Language

_OTHERWISE: Final = marked("That did not work, and nothing was kept. Try again, or call the technician.")

_SENTENCES: Final[Mapping[type[Exception], str]] = {
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
