"""The queue, the comparison of two faces, the list of decisions, and how somebody does."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from sqlalchemy import Connection
from starlette.responses import Response

from hub.access.service import Field, Operator, Role, SessionEndedError, Visitor, requires
from hub.audit.service import revision
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.guard import SESSION_COOKIE
from hub.review.checklist import Checklist, Feature, Seen
from hub.review.conclusions import Answer
from hub.review.errors import ChecklistError, TakenError
from hub.review.live import queue_events
from hub.review.model import Draft, Side
from hub.review.service import PAGE_LENGTH
from hub.review.views import Comparison
from hub.staff.service import Signer
from protocol.circumstances import Circumstances
from protocol.ids import SiteId

router = APIRouter()

_WHO: Final = (Role.REVIEWER, Role.SENIOR_REVIEWER)
_COMPARISON: Final = (
    Field.INTAKE_REFERENCE,
    Field.CASE,
    Field.POLICE_REFERENCE,
    Field.FACE,
    Field.SCORE,
    Field.COMMENT,
    Field.OPERATOR_NAME,
    Field.SITE_STAFF,
    Field.CHILD_SAYS,
)


class DraftForm(ConsoleForm):
    """What has been entered so far on the comparison page; each field of the checklist is named after its feature."""

    answer: Answer | None = None
    comment: str = ""
    face_shape: Seen | None = None
    hair_line: Seen | None = None
    brows: Seen | None = None
    eyes: Seen | None = None
    nose: Seen | None = None
    mouth: Seen | None = None
    ears: Seen | None = None
    marks: Seen | None = None

    @property
    def checklist(self) -> Checklist:
        """What was said of each feature so far."""
        said = {feature: getattr(self, feature.name.lower()) for feature in Feature}
        return {feature: seen for feature, seen in said.items() if seen is not None}

    @property
    def draft(self) -> Draft:
        """All of it."""
        return Draft(self.answer, self.checklist, self.comment)


class AnswerForm(DraftForm):
    """What the comparison page sends in the end."""

    answer: Answer


class RemarkForm(ConsoleForm):
    """What somebody adds to their own answer."""

    text: str


@router.get("/")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE])
def queue_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Open reviews of the visitor's sites, what is due first before the others."""
    at = services.clock()
    with services.database.read() as connection:
        queue = services.review.queue(connection, visitor.operator, at)
        hints = services.review.own_work.hints(connection, visitor.operator, at)
    return pages.show("queue.html", visitor, queue=queue, hints=hints)


@router.get("/queue")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE], passive=True)
def queue_lines(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The lists of the queue's page alone, for a page that is open already."""
    with services.database.read() as connection:
        queue = services.review.queue(connection, visitor.operator, services.clock())
    return pages.show("queue_lines.html", visitor, queue=queue)


@router.get("/queue/events")
@requires(*_WHO, passive=True)
async def live_queue(request: Request, services: Services) -> StreamingResponse:
    """Server-sent events: one whenever the visitor's queue is another."""
    token = request.cookies.get(SESSION_COOKIE)

    def operator() -> Operator | None:
        try:
            return services.access.recognise(token, passive=True).operator
        except SessionEndedError:
            return None

    events = queue_events(services.database, services.review, revision, operator, services.clock)
    return StreamingResponse(events, media_type="text/event-stream")


@router.post("/reviews/next")
@requires(*_WHO)
def take_next(services: Services, visitor: SignedInVisitor) -> RedirectResponse:
    """Take what is due first."""
    with services.database.begin() as connection:
        review_id = services.review.take_next(connection, visitor.operator, services.clock())
    return RedirectResponse("/" if review_id is None else f"/reviews/{review_id}", status_code=303)


@router.post("/reviews/{review_id}/claim")
@requires(*_WHO)
def take(review_id: str, services: Services, visitor: SignedInVisitor) -> RedirectResponse:
    """Take a half of one review."""
    with services.database.begin() as connection:
        services.review.take(connection, review_id, visitor.operator, services.clock())
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.post("/reviews/{review_id}/lease", status_code=204)
@requires(*_WHO, passive=True)
def renew(review_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Hold the own half for longer: an open page asks for it."""
    with services.database.begin() as connection:
        services.review.renew(connection, review_id, visitor.operator, services.clock())
    return Response(status_code=204)


@router.post("/reviews/{review_id}/draft", status_code=204)
@requires(*_WHO)
def keep_draft(
    review_id: str, form: Annotated[DraftForm, Form()], services: Services, visitor: SignedInVisitor
) -> Response:
    """Keep what was entered so far."""
    with services.database.begin() as connection:
        services.review.keep_draft(connection, review_id, visitor.operator, form.draft, services.clock())
    return Response(status_code=204)


@router.post("/reviews/{review_id}/release")
@requires(*_WHO)
def release(
    review_id: str, form: Annotated[DraftForm, Form()], services: Services, visitor: SignedInVisitor
) -> RedirectResponse:
    """Keep what was entered and leave the review to whoever comes."""
    at = services.clock()
    with services.database.begin() as connection:
        services.review.keep_draft(connection, review_id, visitor.operator, form.draft, at)
        services.review.release(connection, review_id, visitor.operator, at)
    return RedirectResponse("/", status_code=303)


@router.get("/reviews/{review_id}")
@requires(*_WHO, shows=_COMPARISON)
def comparison_page(review_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One review as this person may see it now."""
    return _comparison_page(review_id, services, visitor, pages)


@router.get("/reviews/{review_id}/faces/{side}.jpg")
@requires(*_WHO, shows=[Field.FACE])
def face(review_id: str, side: Side, services: Services, visitor: SignedInVisitor) -> Response:
    """One of the two faces; who looked is audited."""
    return _picture(review_id, side, services, visitor, original=False)


@router.get("/reviews/{review_id}/originals/{side}.jpg")
@requires(*_WHO, shows=[Field.FACE])
def original(review_id: str, side: Side, services: Services, visitor: SignedInVisitor) -> Response:
    """The photograph of one of the two faces, without its metadata; who looked is audited."""
    return _picture(review_id, side, services, visitor, original=True)


@router.post("/reviews/{review_id}/answer")
@requires(*_WHO, shows=_COMPARISON)
def answer(
    review_id: str,
    form: Annotated[AnswerForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Record this person's answer; with the second or third, the review may be decided."""
    operator, at = visitor.operator, services.clock()
    try:
        with services.database.begin() as connection:
            services.review.answer(
                connection, review_id, operator, form.answer, checklist=form.checklist, comment=form.comment, at=at
            )
    except (ChecklistError, TakenError) as error:
        with services.database.begin() as connection:
            services.review.keep_draft(connection, review_id, operator, form.draft, at)
        return _comparison_page(review_id, services, visitor, pages, problem=error.sentence, status=409)
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.post("/reviews/{review_id}/remark")
@requires(*_WHO)
def remark(
    review_id: str, form: Annotated[RemarkForm, Form()], services: Services, visitor: SignedInVisitor
) -> RedirectResponse:
    """Add to the own answer, which stays."""
    with services.database.begin() as connection:
        services.review.remark(connection, review_id, visitor.operator, form.text, services.clock())
    return RedirectResponse(f"/reviews/{review_id}", status_code=303)


@router.get("/decisions")
@requires(*_WHO, shows=[Field.INTAKE_REFERENCE, Field.POLICE_REFERENCE])
def decisions_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What has been decided on children of the visitor's sites, newest first."""
    with services.database.read() as connection:
        decided = services.review.decided(connection, visitor.operator.sites)
        total = services.review.decided_count(connection, visitor.operator.sites)
    return pages.show("decisions.html", visitor, decided=decided, total=total, limit=PAGE_LENGTH)


@router.get("/accuracy")
@requires(*_WHO, shows=[Field.OPERATOR_NAME])
def accuracy_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What control pairs show of the visitor, and of everybody where the visitor is a senior."""
    with services.database.read() as connection:
        own = services.review.own_work.accuracy(connection, visitor.operator)
        hints = services.review.own_work.hints(connection, visitor.operator, services.clock())
        senior = visitor.may(Role.SENIOR_REVIEWER)
        everyone = services.review.own_work.everyone(connection) if senior else {}
        names = services.access.names(connection)
    return pages.show("accuracy.html", visitor, own=own, everyone=everyone, names=names, hints=hints)


def _comparison_page(
    review_id: str,
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
    *,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    with services.database.read() as connection:
        comparison = services.review.comparison(connection, review_id, visitor.operator, services.clock())
        alert = services.dispatch.alert_of(connection, review_id) if comparison.decision else None
        names = services.access.names(connection) if comparison.own else {}
        taken_by = _taken_by(connection, services, comparison) if comparison.decision else None
    said = _said(services, visitor, comparison)
    content = {
        "said": said,
        "comparison": comparison,
        "names": names,
        "alert": alert,
        "taken_by": taken_by,
        "problem": problem,
    }
    return pages.show(
        "review.html", visitor, status, features=list(Feature), steps=list(Answer), seen=list(Seen), **content
    )


def _said(services: Services, visitor: Visitor, comparison: Comparison) -> Circumstances | None:
    """What the child says, for who has answered. A name is shown only when the look at it was noted."""
    said = comparison.circumstances
    if comparison.own is None or said is None or not visitor.sees(Field.CHILD_SAYS):
        return None
    if said.given_name:
        with services.database.begin() as connection:
            services.review.note_name(connection, comparison.review.id, visitor.operator, services.clock())
    return said


def _taken_by(connection: Connection, services: Services, comparison: Comparison) -> Signer | None:
    """Who of the site took the intake, where somebody had signed in."""
    staff = None if comparison.circumstances is None else comparison.circumstances.staff
    if staff is None:
        return None
    named = (staff, SiteId(comparison.subject.site))
    return services.sites.staff.signers(connection, [named])[named]


def _picture(review_id: str, side: Side, services: Services, visitor: SignedInVisitor, *, original: bool) -> Response:
    visitor.require(Field.FACE)
    with services.database.begin() as connection:
        picture = services.review.picture(
            connection, review_id, side, visitor.operator, services.clock(), original=original
        )
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
