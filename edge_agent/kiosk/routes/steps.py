"""What the pages of an intake share: the intake at this screen, and where in it somebody is."""

from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AfterValidator
from starlette.responses import Response

from edge_agent.kiosk.access import RoleMissingError, Visit, Visiting, for_role
from edge_agent.kiosk.basis import EnteredBasis
from edge_agent.kiosk.intake import Intake, IntakeOverError, OtherStepError
from protocol.lines import plain_line

router = APIRouter()

ROLE: Final = "intake"
FOUND_ROLE: Final = "found"

Line: TypeAlias = Annotated[str, AfterValidator(plain_line)]
"""What is typed into a field of one line."""


@router.get("/intake")
@for_role(ROLE, FOUND_ROLE)
async def resume(visit: Visiting) -> Response:
    """Where the intake at this screen stands, for whoever asked for another of its pages, or for one again."""
    return go(_step(intake_of(visit)))


def intake_of(visit: Visit) -> Intake:
    """The intake, or the registration, at this screen. Raises IntakeOverError or RoleMissingError."""
    intake = visit.session.intake
    if intake is None:
        raise IntakeOverError("There is no intake.")
    if (ROLE if intake.found is None else FOUND_ROLE) not in visit.member.roles:
        raise RoleMissingError("Your account does not include this. Ask the technician if it should.")
    return intake


def open_intake(visit: Visit) -> Intake:
    """The same, while it can be corrected. Raises OtherStepError too."""
    intake = intake_of(visit)
    if intake.sent:
        raise OtherStepError("This intake was sent.")
    return intake


def pictured_intake(visit: Visit) -> Intake:
    """The same, with a picture. Raises OtherStepError too."""
    intake = open_intake(visit)
    if not intake.pictured:
        raise OtherStepError("There is no picture yet.")
    return intake


def chosen_basis(intake: Intake) -> EnteredBasis:
    """The legal basis as far as it is entered. Raises OtherStepError."""
    if intake.basis is None:
        raise OtherStepError("No legal basis has been chosen.")
    return intake.basis


def go(path: str) -> RedirectResponse:
    """On to another page."""
    return RedirectResponse(path, 303)


def show(visit: Visit, intake: Intake, template: str, status: int = 200, **content: object) -> HTMLResponse:
    """A page of an intake, in its language."""
    return visit.show(template, status, speaking=intake.language, intake=intake, **content)


def _step(intake: Intake) -> str:
    """The page from which the intake goes on."""
    if intake.sent:
        return "/intake/done"
    if intake.pictured:
        return "/intake/facts"
    if intake.studio is not None:
        return "/intake/camera"
    if intake.basis is not None:
        return "/intake/told"
    return "/intake/present" if intake.found is None else "/intake/basis"
