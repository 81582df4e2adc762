"""The pages by which technicians and administrators keep the staff of sites."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.service import Field, Role, Visitor, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.pages import Pages
from hub.staff.service import GivenPin, StaffError
from protocol.ids import SiteId
from protocol.staff import StaffRole

router = APIRouter()

_WHO: Final = (Role.TECHNICIAN, Role.ADMINISTRATOR)


class Act(StrEnum):
    """Whether somebody may sign in from now on."""

    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


class RolesForm(ConsoleForm):
    """What a form about somebody's roles sends."""

    roles: list[StaffRole] = FormField(default_factory=list)


class AddForm(RolesForm):
    """What the page for a new member of staff sends."""

    site: str = FormField(max_length=200)
    name: str = FormField(max_length=200)


@router.get("/site-staff")
@requires(*_WHO, shows=[Field.SITE_STAFF])
def staff_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The staff of the visitor's sites, and which units know of the newest list."""
    sites = visitor.operator.sites
    with services.database.read() as connection:
        people = services.sites.staff.people(connection, sites)
        units = [unit for unit in services.fleet.units(connection) if sites.include(unit.site)]
        told = services.sites.staff.at_units(connection, units, services.fleet.health(connection))
    names = sorted({person.site for person in people} | told.keys())
    return pages.show("site_staff.html", visitor, sites=names, people=people, told=told)


@router.get("/add-site-staff")
@requires(*_WHO, fresh=True)
def add_page(services: Services, visitor: SignedInVisitor, pages: ShownBy, site: str = "") -> HTMLResponse:
    """The form for a new member of staff."""
    roles = [StaffRole.INTAKE, StaffRole.FOUND, StaffRole.NOTICES]
    return _add_page(services, visitor, pages, AddForm(csrf="", site=site, name="", roles=roles))


@router.post("/add-site-staff")
@requires(*_WHO, shows=[Field.SITE_STAFF], fresh=True)
def add(form: Annotated[AddForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Add a person, and show their PIN, once."""
    operator = visitor.operator
    try:
        site = _chosen_site(services, visitor, form.site)
        with services.database.begin() as connection:
            given = services.sites.staff.add(connection, site, form.name, form.roles, actor=operator.name)
    except StaffError as error:
        return _add_page(services, visitor, pages, form, problem=error.sentence, status=400)
    return _pin_page(given, services, visitor, pages)


@router.get("/site-staff/{person_id}")
@requires(*_WHO, shows=[Field.SITE_STAFF], fresh=True)
def person_page(person_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One person, with everything that can be done."""
    return _person_page(person_id, services, visitor, pages)


@router.post("/site-staff/{person_id}/roles")
@requires(*_WHO, shows=[Field.SITE_STAFF], fresh=True)
def change_roles(
    person_id: str, form: Annotated[RolesForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Change what somebody may do at the units."""
    operator = visitor.operator
    try:
        with services.database.begin() as connection:
            services.sites.staff.change_roles(connection, person_id, operator.sites, form.roles, actor=operator.name)
    except StaffError as error:
        return _person_page(person_id, services, visitor, pages, problem=error.sentence, status=400)
    return _back_to(person_id)


@router.post("/site-staff/{person_id}/pin")
@requires(*_WHO, shows=[Field.SITE_STAFF], fresh=True)
def reset_pin(person_id: str, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Give a new PIN, and show it, once."""
    operator = visitor.operator
    with services.database.begin() as connection:
        given = services.sites.staff.reset_pin(connection, person_id, operator.sites, actor=operator.name)
    return _pin_page(given, services, visitor, pages)


@router.post("/site-staff/{person_id}/{act}")
@requires(*_WHO, fresh=True)
def admit(person_id: str, act: Act, services: Services, visitor: SignedInVisitor) -> Response:
    """Let somebody in no more, for a time or for good, or let them in again."""
    operator, staff = visitor.operator, services.sites.staff
    how = {Act.SUSPEND: staff.suspend, Act.RESUME: staff.resume, Act.END: staff.end}[act]
    with services.database.begin() as connection:
        how(connection, person_id, operator.sites, actor=operator.name)
    return _back_to(person_id)


def _back_to(person_id: str) -> RedirectResponse:
    return RedirectResponse(f"/site-staff/{person_id}", status_code=303)


def _sites(services: Services, visitor: Visitor) -> list[SiteId]:
    """The sites of the visitor's that have a unit."""
    with services.database.read() as connection:
        units = services.fleet.units(connection)
    return sorted({unit.site for unit in units if visitor.operator.sites.include(unit.site)})


def _chosen_site(services: Services, visitor: Visitor, name: str) -> SiteId:
    """Raises StaffError for one that is not the visitor's."""
    if name not in (sites := _sites(services, visitor)):
        raise StaffError("Choose one of your sites.")
    return sites[sites.index(SiteId(name))]


def _add_page(
    services: Services, visitor: Visitor, pages: Pages, form: AddForm, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    sites = _sites(services, visitor)
    return pages.show(
        "add_site_staff.html", visitor, status, form=form, sites=sites, known=list(StaffRole), problem=problem
    )


def _person_page(
    person_id: str, services: Services, visitor: Visitor, pages: Pages, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    with services.database.read() as connection:
        person = services.sites.staff.person(connection, person_id, visitor.operator.sites)
    return pages.show("site_person.html", visitor, status, person=person, known=list(StaffRole), problem=problem)


def _pin_page(given: GivenPin, services: Services, visitor: Visitor, pages: Pages) -> HTMLResponse:
    with services.database.read() as connection:
        person = services.sites.staff.person(connection, given.person, visitor.operator.sites)
    return pages.show("site_pin.html", visitor, person=person, pin=given.pin)
