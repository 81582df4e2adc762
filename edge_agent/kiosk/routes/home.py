"""Where staff begin, and come back to."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from edge_agent.kiosk.access import Visiting

router = APIRouter()


@router.get("/")
async def home(visit: Visiting) -> HTMLResponse:
    """The tiles of what there is to do, and how old the watchlist is."""
    if visit.session.intake is not None and visit.session.intake.sent:
        visit.session.end_intake()
    return visit.show("home.html", watchlist=visit.services.list_state(), told=frozenset(visit.request.query_params))
