"""The pages of children whom sites registered as found: checked, and, where no case came of it, mended or rejected."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.service import Field, Role, Visitor, requires
from hub.cases.service import CaseError, DescriptionError
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.found.service import Look, Rejection
from hub.pages import Pages
from protocol.ids import SiteId
from protocol.staff import StaffId

router = APIRouter()

_LIST: Final = "/found-children"
_FACTS: Final = (Field.CHILD_NAME, Field.DESCRIPTION, Field.POLICE_REFERENCE)


class MendForm(ConsoleForm):
    """Under which number the child is to be on the register."""

    reference: str = FormField(max_length=80)
    station: str = FormField(default="", max_length=200)


class RejectForm(ConsoleForm):
    """Why the child is not to be on the register."""

    reason: Rejection


@router.get(_LIST)
@requires(Role.CASE_OFFICER, shows=[Field.CASE, Field.INTAKE_REFERENCE, Field.SITE_STAFF])
def found_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The registrations of the visitor's sites that nobody has checked, the oldest first."""
    with services.database.read() as connection:
        waiting = services.sites.found.unchecked(connection, visitor.operator.sites)
        named = {one.id: (StaffId(one.staff_id), SiteId(one.site)) for one in waiting if one.staff_id is not None}
        signers = services.sites.staff.signers(connection, set(named.values()))
    by = {found: signers[who] for found, who in named.items()}
    return pages.show("found_children.html", visitor, waiting=waiting, by=by)


@router.post("/found-children/{found_id}/check")
@requires(Role.CASE_OFFICER)
def check(found_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Note that a case officer has looked at a registration and its case."""
    operator = visitor.operator
    with services.database.begin() as connection:
        services.sites.found.check(connection, found_id, operator.sites, actor=operator.name)
    return RedirectResponse(_LIST, status_code=303)


@router.get("/found-children/{found_id}")
@requires(Role.CASE_OFFICER, shows=[*_FACTS, Field.FACE], fresh=True)
def stuck_page(found_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """A registration that could not become a case, with what can be done about it."""
    return _page(found_id, services, visitor, pages)


@router.get("/found-children/{found_id}/photograph.jpg")
@requires(Role.CASE_OFFICER, shows=[Field.FACE], fresh=True)
def photograph(found_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """The face in such a registration."""
    visitor.require(Field.FACE)
    operator = visitor.operator
    with services.database.begin() as connection:
        child = services.sites.found.stuck(connection, found_id, operator.sites, Look.FACE, actor=operator.name)
    return Response(child.photograph, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/found-children/{found_id}/mend")
@requires(Role.CASE_OFFICER, shows=[*_FACTS, Field.FACE], fresh=True)
def mend(
    found_id: str, form: Annotated[MendForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Put the child on the register, under a number that no other case has."""
    operator = visitor.operator
    try:
        case = services.sites.found.mend(found_id, operator.sites, form.reference, form.station, actor=operator.name)
    except (CaseError, DescriptionError) as error:
        return _page(found_id, services, visitor, pages, form, problem=error.sentence, status=400)
    return RedirectResponse(f"/cases/{case}", status_code=303)


@router.post("/found-children/{found_id}/reject")
@requires(Role.CASE_OFFICER, fresh=True)
def reject(
    found_id: str, form: Annotated[RejectForm, Form()], services: Services, visitor: SignedInVisitor
) -> Response:
    """Erase a registration that is not to be on the register."""
    operator = visitor.operator
    with services.database.begin() as connection:
        services.register.intakes.rejections.reject(connection, found_id, operator, form.reason, services.clock())
    return RedirectResponse(_LIST, status_code=303)


def _page(
    found_id: str,
    services: Services,
    visitor: Visitor,
    pages: Pages,
    form: MendForm | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    operator = visitor.operator
    with services.database.begin() as connection:
        child = services.sites.found.stuck(connection, found_id, operator.sites, Look.FACTS, actor=operator.name)
    entered = form or MendForm(csrf="", reference=child.reference)
    return pages.show(
        "found_child.html",
        visitor,
        status,
        found_id=found_id,
        child=child,
        entered=entered,
        reasons=list(Rejection),
        problem=problem,
    )
