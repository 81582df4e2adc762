"""The list of alerts, each alert's deliveries, its CAP document, and the feed's index."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from hub.access.service import Field, Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.dispatch.cap import MEDIA_TYPE
from hub.dispatch.service import PAGE_LENGTH

router = APIRouter()

_WHO: Final = (Role.CASE_OFFICER, Role.REVIEWER, Role.SENIOR_REVIEWER, Role.DISPATCHER)
_SAYS: Final = (Field.INTAKE_REFERENCE, Field.CASE)


@router.get("/alerts")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE])
def alerts_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Alerts of the visitor's sites and how far each has come, newest first."""
    with services.database.read() as connection:
        alerts = services.dispatch.alerts(connection, visitor.operator.sites)
        total = services.dispatch.alert_count(connection, visitor.operator.sites)
    return pages.show("alerts.html", visitor, alerts=alerts, total=total, limit=PAGE_LENGTH)


@router.get("/alerts/{alert_id}")
@requires(*_WHO, shows=[*_SAYS, Field.RECIPIENT])
def alert_page(alert_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One alert with each attempt of its delivery."""
    with services.database.read() as connection:
        state = services.dispatch.alert(connection, alert_id, visitor.operator.sites)
    return pages.show("alert.html", visitor, state=state)


@router.get("/alerts/{alert_id}/cap.xml")
@requires(*_WHO, shows=_SAYS)
def cap_document(alert_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """The alert in the Common Alerting Protocol."""
    with services.database.read() as connection:
        document = services.dispatch.document(connection, alert_id, visitor.operator.sites)
    return Response(document, media_type=MEDIA_TYPE)


@router.get("/feed.atom")
@requires(*_WHO, shows=_SAYS)
def feed_index(services: Services, visitor: SignedInVisitor) -> Response:
    """The index of the feed, of the visitor's sites."""
    with services.database.read() as connection:
        index = services.dispatch.index(connection, visitor.operator.sites, services.clock())
    return Response(index, media_type="application/atom+xml")
