"""Registering a found child: the pages that an intake has not. Basis, pictures and receipt are an intake's."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from edge_agent.found.facts import record_found
from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.intake import Facts, Intake, IntakeOverError
from edge_agent.kiosk.routes.intake import FOUND_ROLE, SPOKEN_LANGUAGES, go, open_intake, show
from edge_agent.kiosk.sentences import sentence
from edge_agent.trusted_time import as_day
from faults import MissingChildAlertError
from protocol.found import BodyPart, FoundFacts, FoundMark
from protocol.person import AgeBand, Sex

router = APIRouter()

_TOO_LONG: Final = 700


class FoundWhen(StrEnum):
    """When the child was found, as far as one touch can say it."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    EARLIER = "earlier"

    def day(self, today: date) -> date | None:
        """The day; None where it is not known."""
        days = {FoundWhen.TODAY: 0, FoundWhen.YESTERDAY: 1}.get(self)
        return None if days is None else today - timedelta(days=days)


class WhoForm(BaseModel):
    """What staff see and hear of the child."""

    sex: Sex = Sex.UNKNOWN
    age: AgeBand | None = None
    speaks: list[str] = Field(default_factory=list)
    given_name: str = Field("", max_length=_TOO_LONG)


class MoreForm(BaseModel):
    """What else is known: two marks, clothing, and how the child was found."""

    where: list[BodyPart | str] = Field(default_factory=list)
    what: list[str] = Field(default_factory=list)
    clothing: str = Field("", max_length=_TOO_LONG)
    place: str = Field("", max_length=_TOO_LONG)
    when: FoundWhen = FoundWhen.EARLIER
    circumstances: str = Field("", max_length=_TOO_LONG)

    def marks(self) -> list[FoundMark]:
        """Those that were described."""
        pairs = zip(self.where, self.what, strict=False)
        return [FoundMark(BodyPart(where), what) for where, what in pairs if where in set(BodyPart) and what.strip()]


@router.post("/found")
@for_role(FOUND_ROLE)
async def begin(visit: Visiting) -> Response:
    """A new registration."""
    visit.session.end_intake()
    visit.session.intake = Intake(visit.language, found=FoundFacts())
    return go("/intake/basis")


@router.get("/found/facts")
@for_role(FOUND_ROLE)
async def ask_who(visit: Visiting) -> Response:
    """Received; who the child is, as far as anybody can tell."""
    intake = _found(visit)
    return _ask_who(visit, intake) if intake.pictured else go("/intake/camera")


@router.post("/found/facts")
@for_role(FOUND_ROLE)
async def take_who(visit: Visiting, entered: Annotated[WhoForm, Form()]) -> Response:
    """On to how the child was found."""
    intake = _found(visit)
    languages = [SPOKEN_LANGUAGES[code] for code in entered.speaks if code in SPOKEN_LANGUAGES]
    try:
        intake.found = record_found(names=[entered.given_name], languages=languages)
    except MissingChildAlertError as error:
        return _ask_who(visit, intake, sentence(error, intake.language))
    intake.facts = Facts(entered.sex, entered.age)
    return go("/found/more")


@router.get("/found/more")
@for_role(FOUND_ROLE)
async def ask_more(visit: Visiting) -> Response:
    """Marks, clothing, place and day; all of it may be left out."""
    intake = _found(visit)
    return _ask_more(visit, intake) if intake.pictured else go("/intake/camera")


@router.post("/found/more")
@for_role(FOUND_ROLE)
async def send(visit: Visiting, entered: Annotated[MoreForm, Form()]) -> Response:
    """Put the registration on the disk, on its way to the desk."""
    intake, rooms = _found(visit), visit.services.intakes
    known = intake.found or FoundFacts()
    try:
        facts = record_found(
            names=known.names,
            languages=known.languages,
            marks=entered.marks(),
            clothing=entered.clothing,
            place=entered.place,
            found_on=entered.when.day(as_day(rooms.maker.clock.now())),
            circumstances=entered.circumstances,
        )
        await visit.services.worker.do(rooms.register_found, intake, facts, visit.member.id)
    except MissingChildAlertError as error:
        return _ask_more(visit, intake, sentence(error, intake.language))
    return go("/intake/done")


def _found(visit: Visit) -> Intake:
    """The registration at this screen. Raises IntakeOverError."""
    intake = open_intake(visit)
    if intake.found is None:
        raise IntakeOverError("This is an intake, and no registration.")
    return intake


def _ask_who(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    return show(
        visit,
        intake,
        "found_facts.html",
        400 if problem else 200,
        ages=AgeBand,
        spoken=SPOKEN_LANGUAGES,
        problem=problem,
    )


def _ask_more(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    return show(visit, intake, "found_more.html", 400 if problem else 200, problem=problem)
