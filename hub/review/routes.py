"""The queue, the comparison of two faces, and the list of decisions."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from hub.access.service import Field, Role, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.review.model import Answer, Side
from hub.review.service import PAGE_LENGTH

router = APIRouter()

_WHO: Final = (Role.REVIEWER, Role.SENIOR_REVIEWER)


class AnswerForm(ConsoleForm):
    """What the comparison page sends."""

    answer: Answer
    comment: str = ""


@router.get("/")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE])
def queue_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Open reviews of the visitor's sites, oldest first."""
    with services.database.read() as connection:
        queue = services.review.queue(connection, visitor.operator)
    return pages.show("queue.html", visitor, queue=queue)


@router.get("/reviews/{review_id}")
@requires(
    *_WHO,
    shows=[
        Field.INTAKE_REFERENCE,
        Field.CASE,
        Field.POLICE_REFERENCE,
        Field.FACE,
        Field.SCORE,
        Field.COMMENT,
        Field.OPERATOR_NAME,
    ],
)
def comparison_page(review_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One review as this person may see it now."""
    with services.database.read() as connection:
        comparison = services.review.comparison(connection, review_id, visitor.operator)
        alert = services.dispatch.alert_of(connection, review_id) if comparison.answers else None
        names = services.access.names(connection) if comparison.answers else {}
    return pages.show("review.html", visitor, comparison=comparison, names=names, alert=alert)


@router.get("/reviews/{review_id}/faces/{side}.jpg")
@requires(*_WHO, shows=[Field.FACE])
def face(review_id: str, side: Side, services: Services, visitor: SignedInVisitor) -> Response:
    """One of the two faces; who looked is audited."""
    visitor.require(Field.FACE)
    with services.database.begin() as connection:
        picture = services.review.face(connection, review_id, side, visitor.operator, services.clock())
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/reviews/{review_id}/answer")
@requires(*_WHO)
def answer(
    review_id: str, form: Annotated[AnswerForm, Form()], services: Services, visitor: SignedInVisitor
) -> RedirectResponse:
    """Record this person's answer; the second one decides."""
    with services.database.begin() as connection:
        services.review.answer(
            connection, review_id, visitor.operator, form.answer, comment=form.comment, at=services.clock()
        )
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.get("/decisions")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE, Field.POLICE_REFERENCE])
def decisions_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What has been decided on intakes of the visitor's sites, newest first."""
    with services.database.read() as connection:
        decided = services.review.decided(connection, visitor.operator.sites)
        total = services.review.decided_count(connection, visitor.operator.sites)
    return pages.show("decisions.html", visitor, decided=decided, total=total, limit=PAGE_LENGTH)
