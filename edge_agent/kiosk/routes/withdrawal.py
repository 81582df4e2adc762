"""Consent that is taken back by its receipt. The answer is the same whatever there was, whichever unit gave it."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from edge_agent.kiosk.access import Visiting, for_role
from edge_agent.kiosk.routes.intake import go

router = APIRouter()

ROLE: Final = "withdrawal"


@router.get("/withdrawal")
@for_role(ROLE)
async def ask(visit: Visiting) -> HTMLResponse:
    """One field: a scanner types into it what the square says, and a hand the code beside it."""
    return visit.show("withdrawal.html")


@router.post("/withdrawal")
@for_role(ROLE)
async def withdraw(visit: Visiting, receipt: Annotated[str, Form(max_length=4000)]) -> Response:
    """Erase and tell the hub. Raises WithdrawalCodeError or the database's errors."""
    await visit.services.worker.do(visit.services.withdraw, receipt, visit.member.id)
    return go("/?receipt-taken")
