"""An intake's pages before and after its pictures: who is present, the legal basis, what is seen, the receipt."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from edge_agent.consent.page import qr_svg, receipt_facts, receipt_sentences
from edge_agent.consent.texts import texts
from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.basis import REASONS, ChildsWord, EnteredBasis
from edge_agent.kiosk.intake import Facts, Intake, IntakeOverError
from edge_agent.kiosk.sentences import sentence
from edge_agent.kiosk.spoken import recording
from edge_agent.kiosk.ticker import Ticker
from faults import MissingChildAlertError
from protocol.basis import Guardian, Language
from protocol.circumstances import Medium, Present
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

router = APIRouter()

ROLE: Final = "intake"
FOUND_ROLE: Final = "found"
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
_STEPS: Final = {"present": "/intake/present", "basis": "/intake/basis", "permit": "/intake/permit"}


class PermitForm(BaseModel):
    """The facts of a legal basis; which of them are needed depends on its kind."""

    guardian: Guardian | None = None
    childs_word: ChildsWord | None = None
    official: str = Field("", max_length=_TOO_LONG)
    reason: str = Field("", max_length=_TOO_LONG)
    other_reason: str = Field("", max_length=_TOO_LONG)
    authority: str = Field("", max_length=_TOO_LONG)
    reference: str = Field("", max_length=_TOO_LONG)
    keep_template: bool = False


def intake_of(visit: Visit) -> Intake:
    """The intake at this screen. Raises IntakeOverError."""
    if visit.session.intake is None:
        raise IntakeOverError("There is no intake.")
    return visit.session.intake


def go(path: str) -> RedirectResponse:
    """On to another page."""
    return RedirectResponse(path, 303)


def show(visit: Visit, intake: Intake, template: str, status: int = 200, **content: object) -> HTMLResponse:
    """A page of an intake, in its language."""
    return visit.show(template, status, speaking=intake.language, intake=intake, **content)


@router.post("/intake")
@for_role(ROLE)
async def begin(visit: Visiting) -> Response:
    """A new one."""
    visit.session.end_intake()
    visit.session.intake = Intake(visit.language)
    return go("/intake/present")


@router.post("/intake/cancel")
@for_role(ROLE, FOUND_ROLE)
async def cancel(visit: Visiting) -> Response:
    """The child or the family says no, or it is broken off: nothing of it stays."""
    visit.session.end_intake()
    return go("/?nothing-kept")


@router.post("/intake/correct")
@for_role(ROLE, FOUND_ROLE)
async def correct(visit: Visiting, step: Annotated[str, Form()]) -> Response:
    """Go back to a step before the pictures, which belong to what was recorded there."""
    intake = _before_pictures(visit)
    return go(
        "/intake/basis" if intake.found is not None and step == "present" else _STEPS.get(step, "/intake/present")
    )


@router.get("/intake/present")
@for_role(ROLE)
async def ask_who(visit: Visiting) -> HTMLResponse:
    """Who is here, and in which language are they told?"""
    return show(visit, open_intake(visit), "present.html", Present=Present)


@router.post("/intake/language")
@for_role(ROLE)
async def choose_language(visit: Visiting, language: Annotated[Language, Form()]) -> Response:
    """In which the people are told."""
    _before_pictures(visit).language = language
    return go("/intake/present")


@router.post("/intake/present")
@for_role(ROLE)
async def choose_who(visit: Visiting, present: Annotated[Present | None, Form()] = None) -> Response:
    """Staff alone have no child before the camera, but a photograph on paper."""
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
    kind = _basis(intake).kind
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
    basis = EnteredBasis(_basis(intake).kind, **entered.model_dump(exclude_none=True))
    try:
        await services.worker.do(services.intakes.permit, intake, basis)
    except MissingChildAlertError as error:
        return _ask_permission(visit, intake, sentence(error, intake.language))
    await services.worker.do(services.intakes.open_studio, intake, Ticker())
    return go("/intake/camera")


@router.get("/intake/facts")
@for_role(ROLE, FOUND_ROLE)
async def ask_facts(visit: Visiting) -> Response:
    """Received; what staff see and hear of the child, all of which may be left out."""
    intake = open_intake(visit)
    if not intake.pictured:
        return go("/intake/camera")
    return _ask_facts(visit, intake) if intake.found is None else go("/found/facts")


@router.post("/intake/facts")
@for_role(ROLE)
async def send(
    visit: Visiting,
    sex: Annotated[Sex, Form()] = Sex.UNKNOWN,
    age: Annotated[AgeBand | None, Form()] = None,
    speaks: Annotated[str, Form(max_length=3)] = "",
    given_name: Annotated[str, Form(max_length=_TOO_LONG)] = "",
) -> Response:
    """Put it on the disk. The answer goes out before anybody is searched for."""
    intake, services = open_intake(visit), visit.services
    facts = Facts(sex, age, speaks if speaks in SPOKEN_LANGUAGES else "", given_name)
    try:
        await services.worker.do(services.intakes.send, intake, facts, visit.member.id)
    except MissingChildAlertError as error:
        return _ask_facts(visit, intake, sentence(error, intake.language))
    return go("/intake/done")


@router.get("/intake/done")
@for_role(ROLE, FOUND_ROLE)
async def done(visit: Visiting) -> HTMLResponse:
    """Received; the reference, and the receipt for the person."""
    intake = intake_of(visit)
    if intake.consent is None or not intake.sent:
        raise IntakeOverError("Nothing was sent.")
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


def _before_pictures(visit: Visit) -> Intake:
    """The intake, back where nothing is recorded yet: pictures belong to what they were taken under."""
    intake = open_intake(visit)
    intake.retract()
    return intake


def _ask_permission(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    rooms = visit.services.intakes
    basis = _basis(intake)
    return show(
        visit,
        intake,
        "permit.html",
        400 if problem else 200,
        basis=basis,
        kind=texts(intake.language).basis[basis.kind],
        guardians=Guardian,
        words=ChildsWord,
        reasons=REASONS,
        asked_from=rooms.assent_from_age,
        may_keep=bool(rooms.days.template.get(basis.kind)) and intake.found is None,
        problem=problem,
    )


def _ask_facts(visit: Visit, intake: Intake, problem: str = "") -> HTMLResponse:
    ages = _basis(intake).ages(visit.services.intakes.assent_from_age)
    return show(
        visit,
        intake,
        "facts.html",
        400 if problem else 200,
        sexes=Sex,
        ages=ages,
        spoken=SPOKEN_LANGUAGES,
        problem=problem,
    )


def open_intake(visit: Visit) -> Intake:
    """The intake, while it can be corrected. Raises IntakeOverError."""
    intake = intake_of(visit)
    if intake.sent:
        raise IntakeOverError("This intake was sent.")
    return intake


def _basis(intake: Intake) -> EnteredBasis:
    if intake.basis is None:
        raise IntakeOverError("No legal basis has been chosen.")
    return intake.basis


def _often(intake: Intake, kind: LegalBasis) -> bool:
    """A child without a family is photographed because an official decides so."""
    return intake.present is not None and kind is LegalBasis.BEST_INTERESTS
