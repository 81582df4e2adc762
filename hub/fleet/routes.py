"""The list of units and what each last said of itself."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from hub.access.service import Role, requires
from hub.desk import Services, ShownBy, SignedInVisitor

router = APIRouter()


@router.get("/units")
@requires(Role.REVIEWER, Role.SENIOR_REVIEWER, Role.TECHNICIAN, Role.WATCHLIST_PUBLISHER, Role.ADMINISTRATOR)
def units_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The units of the visitor's sites, by name."""
    with services.database.read() as connection:
        units = [unit for unit in services.fleet.units(connection) if visitor.operator.sites.include(unit.site)]
        health = {report.unit: report for report in services.fleet.health(connection)}
    return pages.show("units.html", visitor, units=units, health=health)
