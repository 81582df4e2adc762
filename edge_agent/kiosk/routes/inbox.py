"""What the desk asks of this site. The rows look alike whatever they say, for whoever looks over a shoulder."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from edge_agent.kiosk.access import Visit, Visiting, for_role
from edge_agent.kiosk.days import local_day
from edge_agent.kiosk.routes.steps import go
from edge_agent.link.notices import ShownNotice
from protocol.notice import NoticeKind

router = APIRouter()

ROLE = "notices"


@router.get("/inbox")
@for_role(ROLE)
async def inbox(visit: Visiting) -> HTMLResponse:
    """The newest notice of each intake."""
    return visit.show("inbox.html", notices=await _notices(visit), day=_day)


@router.get("/inbox/{key}")
@for_role(ROLE)
async def notice(visit: Visiting, key: str) -> Response:
    """One notice, which its reader has read by opening it."""
    found = next((one for one in await _notices(visit) if one.key == key), None)
    if found is None:
        return go("/inbox")
    await visit.services.worker.do(visit.services.notices.mark_read, visit.member.id, key)
    return visit.show("notice.html", shown=found, NoticeKind=NoticeKind, day=_day)


async def _notices(visit: Visit) -> list[ShownNotice]:
    return await visit.services.worker.do(visit.services.notices.shown_to, visit.member.id)


def _day(milliseconds: int) -> str:
    return local_day(milliseconds).isoformat()
