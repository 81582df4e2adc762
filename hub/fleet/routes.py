"""The list of units and how each of them is."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from hub.access.service import Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.fleet import overview

router = APIRouter()


@router.get("/units")
@requires(Role.REVIEWER, Role.SENIOR_REVIEWER, Role.TECHNICIAN, Role.WATCHLIST_PUBLISHER, Role.ADMINISTRATOR)
def units_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The units of the visitor's sites, by name."""
    with services.database.read() as connection:
        states = services.fleet.states(connection)
    mine = [state for state in states if visitor.operator.sites.include(state.unit.site)]
    return pages.show("units.html", visitor, states=mine, now=services.clock(), overview=overview)
