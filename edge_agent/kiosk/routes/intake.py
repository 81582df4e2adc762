"""An intake's pages before its pictures: who is present, and what permits them."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from edge_agent.consent.texts import texts
from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.basis import REASONS, ChildsWord, EnteredBasis, asked_from
from edge_agent.kiosk.intake import Intake, OtherStepError
from edge_agent.kiosk.routes.steps import FOUND_ROLE, ROLE, Line, chosen_basis, go, open_intake, show
from edge_agent.kiosk.sentences import sentence
from edge_agent.kiosk.spoken import recording
from edge_agent.kiosk.ticker import Ticker
from faults import MissingChildAlertError
from protocol.basis import Guardian, Language
from protocol.circumstances import Medium, Present
from protocol.sighting import LegalBasis

router = APIRouter()

_TOO_LONG: Final = 400


class PermitForm(BaseModel):
    """The facts of a legal basis; which of them are needed depends on its kind."""

    guardian: Guardian | None = None
    childs_word: ChildsWord | None = None
    official: Line = Field("", max_length=_TOO_LONG)
    reason: Line = Field("", max_length=_TOO_LONG)
    other_reason: Line = Field("", max_length=_TOO_LONG)
    authority: Line = Field("", max_length=_TOO_LONG)
    reference: Line = Field("", max_length=_TOO_LONG)
    keep_template: bool = False

    def basis(self, kind: LegalBasis) -> EnteredBasis:
        """As far as it was entered."""
        return EnteredBasis(kind, **self.model_dump())


@router.post("/intake")
@for_role(ROLE)
async def begin(visit: Visiting) -> Response:
    """A new one."""
    visit.session.begin_intake(Intake(visit.language))
    return go("/intake/present")


@router.post("/intake/cancel")
@for_role(ROLE, FOUND_ROLE)
async def cancel(visit: Visiting) -> Response:
    """The child or the family says no, or it is broken off: nothing of it stays."""
    if visit.session.intake is not None:
        open_intake(visit)  # Of one that was sent nobody is told that nothing was kept.
    visit.session.end_intake()
    return go("/?nothing-kept")


@router.get("/intake/present")
@for_role(ROLE)
async def ask_who(visit: Visiting) -> HTMLResponse:
    """Who is here, and in which language are they told?"""
    intake = open_intake(visit)
    if intake.found is not None:
        raise OtherStepError("Of a found child nobody asks who is here.")
    return show(visit, intake, "present.html", Present=Present)


@router.post("/intake/language")
@for_role(ROLE, FOUND_ROLE)
async def choose_language(visit: Visiting, language: Annotated[Language, Form()]) -> Response:
    """In which the people are told."""
    intake = _before_pictures(visit)
    intake.language = language
    return go("/intake/present" if intake.found is None else "/intake/basis")


@router.post("/intake/present")
@for_role(ROLE)
async def choose_who(visit: Visiting, present: Annotated[Present | None, Form()] = None) -> Response:
    """Staff alone have no child before the camera, but a photograph on paper. It may be left out."""
    intake = _before_pictures(visit)
    intake.present = present
    intake.medium = Medium.PAPER if present is Present.STAFF else Medium.PERSON
    return go("/intake/basis")


@router.get("/intake/basis")
@for_role(ROLE, FOUND_ROLE)
async def ask_basis(visit: Visiting) -> HTMLResponse:
    """What permits a photograph?"""
    intake = open_intake(visit)
    kinds = sorted(LegalBasis, key=lambda kind: intake.present is Present.WITH_ADULT or not _often(intake, kind))
    if intake.found is not None:  # Nobody is there who could consent.
        kinds.remove(LegalBasis.GUARDIAN_CONSENT)
    return show(visit, intake, "basis.html", kinds=kinds, words=texts(intake.language).basis)


@router.post("/intake/basis")
@for_role(ROLE, FOUND_ROLE)
async def choose_basis(visit: Visiting, kind: Annotated[LegalBasis, Form()]) -> Response:
    """The kind; its facts come when the people have been told."""
    intake = _before_pictures(visit)
    if intake.basis is None or intake.basis.kind is not kind:
        intake.basis = EnteredBasis(kind, official=visit.member.name if kind is LegalBasis.BEST_INTERESTS else "")
    return go("/intake/told")


@router.get("/intake/told")
@for_role(ROLE, FOUND_ROLE)
async def tell(visit: Visiting) -> HTMLResponse:
    """What the photograph is for, what is kept and for how long, who sees it, and that they may say no."""
    intake = open_intake(visit)
    kind = chosen_basis(intake).kind
    words = texts(intake.language)
    periods = visit.services.intakes.days.of(kind, keep_template=True)
    spoken = recording(visit.services.spoken, intake.language) is not None
    found = intake.found is not None
    title, sentences = (words.found if found else words.notice)["title"], words.told(periods, found=found)
    return show(visit, intake, "told.html", title=title, sentences=sentences, spoken=spoken and not found)


@router.get("/intake/permit")
@for_role(ROLE, FOUND_ROLE)
async def ask_permission(visit: Visiting) -> HTMLResponse:
    """Who decided, by which paper."""
    return _ask_permission(visit, open_intake(visit))


@router.post("/intake/permit")
@for_role(ROLE, FOUND_ROLE)
async def permit(visit: Visiting, entered: Annotated[PermitForm, Form()]) -> Response:
    """Record it. From here on the camera may be open."""
    intake, services = open_intake(visit), visit.services
    try:
        await services.worker.do(services.intakes.permit, intake, entered.basis(chosen_basis(intake).kind))
    except MissingChildAlertError as error:
        return _ask_permission(visit, intake, sentence(error, intake.language))
    return await open_camera(visit, intake)


@router.post("/intake/told")
@for_role(ROLE, FOUND_ROLE)
async def tell_again(visit: Visiting, entered: Annotated[PermitForm, Form()]) -> Response:
    """Back from the facts of the basis, which stay as they are entered."""
    intake = _before_pictures(visit)
    intake.basis = entered.basis(chosen_basis(intake).kind)
    return go("/intake/told")


@router.post("/intake/correct")
@for_role(ROLE, FOUND_ROLE)
async def correct(visit: Visiting) -> Response:
    """Go back to the basis: the pictures, which belong to it, are let go."""
    _before_pictures(visit)
    return go("/intake/permit")


async def open_camera(visit: Visit, intake: Intake) -> Response:
    """On to the camera; pictures that there were are gone. Raises OtherStepError."""
    await visit.services.worker.do(visit.services.intakes.open_studio, intake, Ticker())
    return go("/intake/camera")


def _before_pictures(visit: Visit) -> Intake:
    """The intake, back where nothing is recorded yet: pictures belong to what they were taken under."""
    intake = open_intake(visit)
    intake.retract()
    return intake


def _ask_permission(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    rooms = visit.services.intakes
    basis = chosen_basis(intake)
    return show(
        visit,
        intake,
        "permit.html",
        400 if problem else 200,
        basis=basis,
        kind=texts(intake.language).basis[basis.kind],
        reasons=REASONS,
        asked_from=asked_from(rooms.assent_from_age),
        may_keep=bool(rooms.days.template.get(basis.kind)) and intake.found is None,
        problem=problem,
    )


def _often(intake: Intake, kind: LegalBasis) -> bool:
    """A child without a family is photographed because an official decides so."""
    return intake.present is not None and kind is LegalBasis.BEST_INTERESTS
