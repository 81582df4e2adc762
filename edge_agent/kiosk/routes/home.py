"""Where staff begin, and come back to."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from edge_agent.kiosk.access import Visit, Visiting
from edge_agent.kiosk.routes.inbox import ROLE as INBOX_ROLE
from edge_agent.supervision.explanations import told_to_staff

router = APIRouter()


@router.get("/")
async def home(visit: Visiting) -> HTMLResponse:
    """The tiles of what there is to do, how old the watchlist is, and what is wrong with the unit."""
    visit.session.stop_reading()
    if visit.session.intake is not None and visit.session.intake.sent:
        visit.session.end_intake()
    unread = await _unread(visit) if INBOX_ROLE in visit.member.roles else 0
    told = frozenset(visit.request.query_params)
    state = await visit.services.worker.do(visit.services.unit_state)
    faults = told_to_staff(state.alarms)
    return visit.show("home.html", list_hours=state.list_hours, faults=faults, told=told, unread=unread)


async def _unread(visit: Visit) -> int:
    """How many notices the person at the screen has not opened."""
    shown = await visit.services.worker.do(visit.services.notices.shown_to, visit.member.id)
    return sum(not one.read for one in shown)
