"""An intake's pages after its pictures: what is seen and heard of the child, sending, and the receipt."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from edge_agent.consent.page import qr_svg, receipt_facts, receipt_sentences
from edge_agent.consent.texts import texts
from edge_agent.found.facts import record_found
from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.intake import Facts, Intake, OtherStepError
from edge_agent.kiosk.routes.intake import open_camera
from edge_agent.kiosk.routes.steps import (
    FOUND_ROLE,
    ROLE,
    Line,
    chosen_basis,
    go,
    intake_of,
    open_intake,
    pictured_intake,
    show,
)
from edge_agent.kiosk.sentences import sentence
from faults import MissingChildAlertError
from protocol.person import AgeBand, Sex

router = APIRouter()

SPOKEN_LANGUAGES: Final = {
    "bn": "বাংলা",
    "hi": "हिन्दी",
    "ne": "नेपाली",
    "en": "English",
    "ur": "اردو",
    "rhg": "Ruáingga",
    "mai": "मैथिली",
    "bho": "भोजपुरी",
}
"""What children at these borders speak, in its own words."""

_TOO_LONG: Final = 400


class FactsForm(BaseModel):
    """What staff see and hear of the child."""

    sex: Sex = Sex.UNKNOWN
    age: AgeBand | None = None
    speaks: list[str] = Field(default_factory=list, max_length=len(SPOKEN_LANGUAGES))
    given_name: Line = Field("", max_length=_TOO_LONG)

    def facts(self) -> Facts:
        """As far as they were entered."""
        speaks = tuple(code for code in self.speaks if code in SPOKEN_LANGUAGES)
        return Facts(self.sex, self.age, speaks, self.given_name)


@router.get("/intake/facts")
@for_role(ROLE, FOUND_ROLE)
async def ask_facts(visit: Visiting) -> Response:
    """Received; what staff see and hear of the child, all of which may be left out."""
    return _ask_facts(visit, pictured_intake(visit))


@router.post("/intake/facts")
@for_role(ROLE, FOUND_ROLE)
async def take_facts(visit: Visiting, entered: Annotated[FactsForm, Form()]) -> Response:
    """Put an intake on the disk, and answer before anybody is searched for. A registration has one page more."""
    intake, services = open_intake(visit), visit.services
    intake.facts = entered.facts()
    try:
        if intake.found is not None:
            record_found(names=[entered.given_name], languages=languages(intake))  # Said where it can be corrected.
            return go("/found/more")
        await services.worker.do(services.intakes.send, intake, visit.member.id)
    except OtherStepError:
        raise
    except MissingChildAlertError as error:
        return _ask_facts(visit, intake, sentence(error, intake.language))
    return go("/intake/done")


@router.post("/intake/again")
@for_role(ROLE, FOUND_ROLE)
async def take_again(visit: Visiting, entered: Annotated[FactsForm, Form()]) -> Response:
    """The pictures anew; what was entered of the child stays."""
    intake = open_intake(visit)
    intake.facts = entered.facts()
    return await open_camera(visit, intake)


@router.get("/intake/done")
@for_role(ROLE, FOUND_ROLE)
async def done(visit: Visiting) -> HTMLResponse:
    """Received; the reference, and the receipt for the person."""
    intake = intake_of(visit)
    if intake.consent is None or not intake.sent:
        raise OtherStepError("Nothing was sent yet.")
    take_away = intake.consent.take_away
    return show(
        visit,
        intake,
        "done.html",
        reference=take_away.receipt.reference,
        title=texts(intake.language).receipt["title"],
        facts=receipt_facts(take_away.receipt),
        sentences=receipt_sentences(take_away.receipt),
        code=take_away.text,
        picture=qr_svg(take_away.text),
    )


def languages(intake: Intake) -> list[str]:
    """What the child speaks, in each language's own word."""
    return [SPOKEN_LANGUAGES[code] for code in intake.facts.speaks]


def _ask_facts(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    ages = chosen_basis(intake).ages(visit.services.intakes.assent_from_age)
    chosen = intake.facts.age_band if intake.facts.age_band in ages else ages[-1]
    return show(
        visit,
        intake,
        "facts.html",
        400 if problem else 200,
        ages=ages,
        chosen_age=chosen,
        spoken=SPOKEN_LANGUAGES,
        problem=problem,
    )
