"""The page of children whom sites registered as found, for the case officer who checks them."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from hub.access.service import Field, Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor

router = APIRouter()


@router.get("/found-children")
@requires(Role.CASE_OFFICER, shows=[Field.CASE, Field.INTAKE_REFERENCE, Field.SITE_STAFF])
def found_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The registrations of the visitor's sites that nobody has checked, the oldest first."""
    with services.database.read() as connection:
        waiting = services.sites.found.unchecked(connection, visitor.operator.sites)
        known = {one.staff_id for one in waiting if one.staff_id is not None}
        names = {person: services.sites.staff.name_of(connection, person) for person in known}
    return pages.show("found_children.html", visitor, waiting=waiting, names=names)


@router.post("/found-children/{found_id}/check")
@requires(Role.CASE_OFFICER)
def check(found_id: str, services: Services, visitor: SignedInVisitor) -> Response:
    """Note that a case officer has looked at a registration and its case."""
    operator = visitor.operator
    with services.database.begin() as connection:
        services.sites.found.check(connection, found_id, operator.sites, actor=operator.name)
    return RedirectResponse("/found-children", status_code=303)
