"""Signing in with a personal PIN, the language of the screen, and locking it."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from edge_agent.kiosk.access import COOKIE, Visiting, open_to_all
from edge_agent.kiosk.sentences import sentence
from edge_agent.staff.errors import LockedOutError, StaffListEndedError, StaffListMissingError, WrongPinError
from protocol.basis import Language

router = APIRouter()

MAX_PIN = 32


@router.get("/sign-in")
@open_to_all
async def ask(visit: Visiting) -> HTMLResponse:
    """Who are you?"""
    return await _ask(visit, 200)


@router.post("/sign-in")
@open_to_all
async def sign_in(
    visit: Visiting,
    member: Annotated[str, Form(max_length=64)] = "",
    pin: Annotated[str, Form(max_length=MAX_PIN)] = "",
) -> Response:
    """With a name from the list and that person's PIN."""
    try:
        signed_in = await visit.services.worker.do(visit.services.staff.sign_in, member, pin)
    except (WrongPinError, LockedOutError, StaffListMissingError, StaffListEndedError) as error:
        return await _ask(visit, 403, chosen=member, problem=sentence(error, visit.language))
    session = visit.services.sessions.sign_in(visit.session, signed_in)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, session.token, httponly=True, samesite="strict", path="/")
    return answer


@router.post("/lock")
async def lock(visit: Visiting) -> Response:
    """Sign out; an intake that was not sent is gone."""
    visit.services.sessions.sign_out(visit.session)
    return RedirectResponse("/sign-in", 303)


@router.post("/language")
@open_to_all
async def choose_language(visit: Visiting, language: Annotated[Language, Form()]) -> Response:
    """Of staff's own pages; an intake has its own."""
    visit.services.sessions.speak(visit.session, language)
    return RedirectResponse("/" if visit.session.member else "/sign-in", 303)


@router.post("/alive")
async def alive(visit: Visiting) -> Response:
    """Somebody types or touches: the screen does not lock yet."""
    return Response(str(round(visit.services.sessions.seconds_left(visit.session))), media_type="text/plain")


async def _ask(visit: Visiting, status: int, *, chosen: str = "", problem: str = "") -> HTMLResponse:
    members = await visit.services.worker.do(visit.services.staff.members)
    return visit.show("sign_in.html", status, members=members, chosen=chosen, problem=problem)
