"""The list of alerts, each alert's deliveries, its CAP document, and the feed's index."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from hub.access.service import Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.dispatch.cap import MEDIA_TYPE
from hub.dispatch.service import PAGE_LENGTH

router = APIRouter()


@router.get("/alerts")
@requires(Role.REVIEWER, Role.ADMINISTRATOR)
def alerts_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Alerts and how far each has come, newest first."""
    with services.database.read() as connection:
        alerts = services.dispatch.alerts(connection)
        total = services.dispatch.alert_count(connection)
    return pages.show("alerts.html", visitor, alerts=alerts, total=total, limit=PAGE_LENGTH)


@router.get("/alerts/{alert_id}")
@requires(Role.REVIEWER, Role.ADMINISTRATOR)
def alert_page(alert_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One alert with each attempt of its delivery."""
    with services.database.read() as connection:
        state = services.dispatch.alert(connection, alert_id)
    return pages.show("alert.html", visitor, state=state)


@router.get("/alerts/{alert_id}/cap.xml")
@requires(Role.REVIEWER, Role.ADMINISTRATOR)
def cap_document(alert_id: str, services: Services) -> Response:
    """The alert in the Common Alerting Protocol."""
    with services.database.read() as connection:
        return Response(services.dispatch.document(connection, alert_id), media_type=MEDIA_TYPE)


@router.get("/feed.atom")
@requires(Role.REVIEWER, Role.ADMINISTRATOR)
def feed_index(services: Services) -> Response:
    """The index of the feed."""
    with services.database.read() as connection:
        index = services.dispatch.index(connection, services.clock())
    return Response(index, media_type="application/atom+xml")
