"""The audit trail for auditors: who did what when, about which identifier. No face, no name of a child."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from hub.access.declarations import requires
from hub.access.fields import Field
from hub.access.model import Role
from hub.audit.service import AuditAction, record, trail
from hub.desk import Services, ShownBy, SignedInVisitor

router = APIRouter()

PAGE_LENGTH: Final = 50


@router.get("/audit")
@requires(Role.AUDITOR, shows=[Field.OPERATOR_NAME])
def trail_page(
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    about: Annotated[str, Query(max_length=130)] = "",
) -> HTMLResponse:
    """The audit trail, newest first; or what is about one identifier. That somebody looked is an entry itself."""
    name, subject = visitor.operator.name, about.strip() or None
    with services.database.read() as connection:
        entries = trail(connection, before=before, limit=PAGE_LENGTH, subject=subject)
    with services.database.begin() as connection:
        record(connection, AuditAction.TRAIL_VIEWED, actor=name, subject=name, at=services.clock())
    older = entries[-1].position if len(entries) == PAGE_LENGTH else None
    return pages.show("audit.html", visitor, entries=entries, older=older, about=subject or "", newest=before is None)
