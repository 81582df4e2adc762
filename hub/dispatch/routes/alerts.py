"""The list of alerts, each one's preview, sending, recall and deliveries, its CAP documents, and the feed's index."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from hub.access.service import Field, Role, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.dispatch.cap import MEDIA_TYPE
from hub.dispatch.service import PAGE_LENGTH, RecallReason

router = APIRouter()

_WHO: Final = (Role.CASE_OFFICER, Role.REVIEWER, Role.SENIOR_REVIEWER, Role.DISPATCHER)
_SAYS: Final = (Field.INTAKE_REFERENCE, Field.CASE)


class RecallForm(ConsoleForm):
    """Why an alert no longer holds."""

    reason: RecallReason


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
    return pages.show("alert.html", visitor, state=state, reasons=list(RecallReason))


@router.get("/alerts/{alert_id}/preview")
@requires(Role.DISPATCHER, shows=[*_SAYS, Field.RECIPIENT])
def preview_page(alert_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What each recipient would read, by grade, channel and language, before it is sent."""
    with services.database.read() as connection:
        state = services.dispatch.alert(connection, alert_id, visitor.operator.sites)
        previews = services.dispatch.previews(connection, alert_id, visitor.operator.sites)
    return pages.show("alert_preview.html", visitor, state=state, previews=previews)


@router.post("/alerts/{alert_id}/send")
@requires(Role.DISPATCHER)
def send(alert_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Send an alert that is held, now."""
    operator = visitor.operator
    with services.database.begin() as connection:
        services.dispatch.send(connection, alert_id, operator.sites, actor=operator.name, at=services.clock())
    return RedirectResponse(f"/alerts/{alert_id}", status_code=303)


@router.post("/alerts/{alert_id}/recall")
@requires(Role.DISPATCHER, Role.SENIOR_REVIEWER, fresh=True)
def recall(
    alert_id: str, form: Annotated[RecallForm, Form()], services: Services, visitor: SignedInVisitor
) -> Response:
    """Take an alert back from everyone who got it."""
    operator, at = visitor.operator, services.clock()
    with services.database.begin() as connection:
        services.dispatch.recall(connection, alert_id, operator.sites, form.reason, actor=operator.name, at=at)
    return RedirectResponse(f"/alerts/{alert_id}", status_code=303)


@router.get("/alert-messages/{message_id}/cap.xml")
@requires(*_WHO, shows=_SAYS)
def cap_document(message_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """A message of an alert in the Common Alerting Protocol."""
    with services.database.read() as connection:
        document, _ = services.dispatch.document(connection, message_id, visitor.operator.sites)
    return Response(document, media_type=MEDIA_TYPE)


@router.get("/alert-messages/{message_id}/cap.xml.sig")
@requires(*_WHO)
def cap_signature(message_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """The hub's signature of that document."""
    with services.database.read() as connection:
        _, signature = services.dispatch.document(connection, message_id, visitor.operator.sites)
    return Response(signature, media_type="application/octet-stream")


@router.get("/feed.atom")
@requires(*_WHO, shows=_SAYS)
def feed_index(services: Services, visitor: SignedInVisitor) -> Response:
    """The index of the feed, of the visitor's sites."""
    with services.database.read() as connection:
        index = services.dispatch.index(connection, visitor.operator.sites, services.clock())
    return Response(index, media_type="application/atom+xml")
