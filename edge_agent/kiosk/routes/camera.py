"""The page of the live picture: guidance, the shutter, and what to do with a picture that is too poor."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from edge_agent.kiosk.access import Visiting, for_role, passive
from edge_agent.kiosk.intake import Intake, OtherStepError
from edge_agent.kiosk.languages import say
from edge_agent.kiosk.routes.intake import open_camera
from edge_agent.kiosk.routes.steps import FOUND_ROLE, ROLE, go, intake_of, open_intake, show
from edge_agent.kiosk.sentences import sentence
from edge_agent.kiosk.studio import Phase, Studio
from faults import RejectedError
from protocol.circumstances import Medium, Override

router = APIRouter()

LONGEST_WAIT: Final = 1.0
"""Seconds after which a page that waits for another picture is answered with the same one."""


@router.get("/intake/camera")
@for_role(ROLE, FOUND_ROLE)
async def camera(visit: Visiting) -> Response:
    """Only after the legal basis is recorded."""
    intake = intake_of(visit)
    if intake.pictured:
        return go("/intake/facts")
    studio = _studio(intake)
    problem = "" if studio.problem is None else sentence(studio.problem, intake.language)
    return _show(visit, intake, studio, problem)


@router.post("/intake/camera")
@for_role(ROLE, FOUND_ROLE)
async def open_again(visit: Visiting) -> Response:
    """After the camera failed."""
    return await open_camera(visit, open_intake(visit))


@router.post("/intake/shoot")
@for_role(ROLE, FOUND_ROLE)
async def shoot(visit: Visiting) -> Response:
    """As the unit's own button does."""
    _studio(intake_of(visit)).shoot()
    return go("/intake/camera")


@router.post("/intake/medium")
@for_role(ROLE, FOUND_ROLE)
async def choose_medium(visit: Visiting, medium: Annotated[Medium, Form()]) -> Response:
    """Whether a person stands before the camera, or a photograph of one lies there."""
    intake = open_intake(visit)
    if intake.pictured:
        raise OtherStepError("The picture was taken.")
    intake.medium = medium
    return go("/intake/camera")


@router.post("/intake/override")
@for_role(ROLE, FOUND_ROLE)
async def use_poor(visit: Visiting, override: Annotated[Override | None, Form()] = None) -> Response:
    """Use pictures that were refused, with a reason."""
    intake, services = intake_of(visit), visit.services
    try:
        await services.worker.do(services.intakes.use_poor, intake, override)
    except OtherStepError:
        raise
    except RejectedError as error:
        return _show(visit, intake, _studio(intake), sentence(error, intake.language), 400)
    return go("/intake/facts")


@router.get("/intake/view")
@for_role(ROLE, FOUND_ROLE)
@passive
async def view(visit: Visiting, after: int = 0) -> Response:
    """The next picture, as soon as there is one; nobody keeps it."""
    intake = intake_of(visit)
    studio = _studio(intake)
    if studio.view.number <= after:
        await studio.ticker.wait(LONGEST_WAIT)
    seen = studio.view
    guidance = say(intake.language, seen.guidance) if seen.guidance else ""
    return live(seen.number, seen.turn, guidance, seen.picture)


def live(number: int, turn: int, guidance: str, picture: bytes = b"") -> Response:
    """What a page that watches is told, as its script reads it."""
    headers = {"View-Number": str(number), "View-Turn": str(turn), "View-Guidance": quote(guidance)}
    return Response(picture, 200 if picture else 204, headers, media_type="image/jpeg")


def _studio(intake: Intake) -> Studio:
    if intake.studio is None or intake.sent:
        raise OtherStepError("The camera is not open.")
    return intake.studio


def _show(visit: Visiting, intake: Intake, studio: Studio, problem: str, status: int = 200) -> HTMLResponse:
    seen = studio.view
    return show(
        visit,
        intake,
        "camera.html",
        status,
        turn=seen.turn,
        failed=seen.phase is Phase.FAILED,
        problem=problem,
        can_override=studio.can_override,
    )
