"""Consent that is taken back by its receipt. The answer is the same whatever there was, whichever unit gave it."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from edge_agent.kiosk.access import Visit, Visiting, for_role, passive
from edge_agent.kiosk.intake import OtherStepError
from edge_agent.kiosk.languages import marked, say
from edge_agent.kiosk.receipt_reader import ReceiptReader, Seen
from edge_agent.kiosk.routes.camera import LONGEST_WAIT, live
from edge_agent.kiosk.routes.steps import go
from edge_agent.kiosk.sentences import sentence
from edge_agent.kiosk.ticker import Ticker
from faults import MissingChildAlertError

router = APIRouter()

ROLE: Final = "withdrawal"
_ADVICE: Final = {
    Seen.NOTHING: marked("Hold the square of the receipt before the camera, so that it fills half of its view."),
    Seen.SQUARE: marked("A square is seen, and cannot be read yet: hold it still, flat, and a little closer."),
    Seen.OTHER: marked("This square is not of a receipt."),
}


@router.get("/withdrawal")
@for_role(ROLE)
async def ask(visit: Visiting) -> HTMLResponse:
    """One field: a scanner types into it what the square says, a hand the code, and the camera what it read."""
    reader = visit.session.reader
    if reader is None:
        return _ask(visit)
    if reader.problem is not None:
        return _ask(visit, problem=sentence(reader.problem, visit.language))
    return _ask(visit, receipt=reader.text)


@router.post("/withdrawal")
@for_role(ROLE)
async def withdraw(visit: Visiting, receipt: Annotated[str, Form(max_length=4000)]) -> Response:
    """Erase and tell the hub."""
    visit.session.stop_reading()
    try:
        await visit.services.worker.do(visit.services.withdraw, receipt, visit.member.id)
    except MissingChildAlertError as error:
        return _ask(visit, receipt=receipt, problem=sentence(error, visit.language))
    return go("/?receipt-taken")


@router.post("/withdrawal/camera")
@for_role(ROLE)
async def hold(visit: Visiting) -> Response:
    """Look for the square with the unit's own camera. An intake that is open has it already: go on there first."""
    if visit.session.intake is not None:
        raise OtherStepError("An intake is open.")
    visit.session.read_receipt(ReceiptReader(visit.services.intakes.camera, Ticker()))
    return go("/withdrawal")


@router.post("/withdrawal/type")
@for_role(ROLE)
async def type_instead(visit: Visiting) -> Response:
    """Close the camera."""
    visit.session.stop_reading()
    return go("/withdrawal")


@router.get("/withdrawal/view")
@for_role(ROLE)
@passive
async def view(visit: Visiting, after: int = 0) -> Response:
    """How to hold the receipt, as soon as that changes; never a picture."""
    reader = visit.session.reader
    if reader is None:
        return go("/withdrawal")
    if reader.glance.number <= after:
        await reader.ticker.wait(LONGEST_WAIT)
    glance = reader.glance
    advice = _ADVICE.get(glance.seen)
    return live(glance.number, glance.turn, "" if advice is None else say(visit.language, advice))


def _ask(visit: Visit, *, receipt: str = "", problem: str = "") -> HTMLResponse:
    reader = visit.session.reader
    return visit.show(
        "withdrawal.html",
        400 if problem and reader is None else 200,
        receipt=receipt,
        problem=problem,
        reader=reader,
        first_advice=say(visit.language, _ADVICE[Seen.NOTHING]),
    )
