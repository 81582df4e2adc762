"""Where staff begin, and come back to."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from edge_agent.kiosk.access import Visiting

router = APIRouter()


@router.get("/")
async def home(visit: Visiting) -> HTMLResponse:
    """The tiles of what there is to do."""
    return visit.show("home.html")
