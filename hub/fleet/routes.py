"""The list of units and how each of them is."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from hub.access.service import Field, Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.fleet import overview

router = APIRouter()


@router.get("/units")
@requires(
    Role.REVIEWER,
    Role.SENIOR_REVIEWER,
    Role.TECHNICIAN,
    Role.WATCHLIST_PUBLISHER,
    Role.ADMINISTRATOR,
    shows=[Field.INTAKE_REFERENCE],
)
def units_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The units of the visitor's sites, by name."""
    with services.database.read() as connection:
        states = services.fleet.states(connection)
        lost = services.fleet.lost_intakes(connection)
    mine = [state for state in states if visitor.operator.sites.include(state.unit.site)]
    names = {state.unit.id for state in mine}
    mine_lost = [intake for intake in lost if intake.unit in names]
    return pages.show("units.html", visitor, states=mine, lost=mine_lost, now=services.clock(), overview=overview)
