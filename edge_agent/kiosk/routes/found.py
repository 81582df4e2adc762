"""Registering a found child: the pages that an intake has not. All others are an intake's."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.days import local_day
from edge_agent.kiosk.found_entry import EnteredFound, EnteredMark, FoundWhen
from edge_agent.kiosk.intake import Intake, OtherStepError
from edge_agent.kiosk.routes.facts import languages
from edge_agent.kiosk.routes.steps import FOUND_ROLE, Line, go, open_intake, pictured_intake, show
from edge_agent.kiosk.sentences import sentence
from faults import MissingChildAlertError
from protocol.found import BodyPart, FoundFacts

router = APIRouter()

_TOO_LONG: Final = 700
_MARKS: Final = 2


class MoreForm(BaseModel):
    """What else is known: marks on the body, clothing, and how the child was found."""

    where: list[BodyPart | str] = Field(default_factory=list, max_length=_MARKS)
    what: list[Line] = Field(default_factory=list, max_length=_MARKS)
    clothing: Line = Field("", max_length=_TOO_LONG)
    place: Line = Field("", max_length=_TOO_LONG)
    when: FoundWhen = FoundWhen.EARLIER
    circumstances: Line = Field("", max_length=_TOO_LONG)

    def found(self) -> EnteredFound:
        """As far as it was entered."""
        pairs = zip(self.where, self.what, strict=False)
        marks = tuple(EnteredMark(BodyPart(where) if where in set(BodyPart) else None, what) for where, what in pairs)
        return EnteredFound(marks, self.clothing, self.place, self.when, self.circumstances)


@router.post("/found")
@for_role(FOUND_ROLE)
async def begin(visit: Visiting) -> Response:
    """A new registration."""
    visit.session.begin_intake(Intake(visit.language, found=EnteredFound()))
    return go("/intake/basis")


@router.get("/found/more")
@for_role(FOUND_ROLE)
async def ask_more(visit: Visiting) -> Response:
    """Marks, clothing, place and day; all of it may be left out."""
    return _ask_more(visit, *_registration(pictured_intake(visit)))


@router.post("/found/back")
@for_role(FOUND_ROLE)
async def back(visit: Visiting, entered: Annotated[MoreForm, Form()]) -> Response:
    """To the page before; what was entered on this one stays."""
    intake, _found = _registration(open_intake(visit))
    intake.found = entered.found()
    return go("/intake/facts")


@router.post("/found/more")
@for_role(FOUND_ROLE)
async def send(visit: Visiting, entered: Annotated[MoreForm, Form()]) -> Response:
    """Put the registration on the disk, on its way to the desk."""
    intake, _found = _registration(open_intake(visit))
    intake.found = found = entered.found()
    services = visit.services
    try:
        facts = _facts(visit, intake, found)
        await services.worker.do(services.intakes.register_found, intake, facts, visit.member.id)
    except OtherStepError:
        raise
    except MissingChildAlertError as error:
        return _ask_more(visit, intake, found, sentence(error, intake.language))
    return go("/intake/done")


def _registration(intake: Intake) -> tuple[Intake, EnteredFound]:
    if intake.found is None:
        raise OtherStepError("This is an intake, and no registration.")
    return intake, intake.found


def _facts(visit: Visit, intake: Intake, found: EnteredFound) -> FoundFacts:
    today = local_day(visit.services.intakes.maker.clock.now())
    return found.facts(intake.facts.given_name, languages(intake), today)


def _ask_more(visit: Visit, intake: Intake, found: EnteredFound, problem: str = "") -> HTMLResponse:
    marks = [*found.marks, *[EnteredMark()] * _MARKS][:_MARKS]
    return show(visit, intake, "found_more.html", 400 if problem else 200, found=found, marks=marks, problem=problem)
