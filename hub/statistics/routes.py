"""The desk's work in numbers: one page, and a file to hand out."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from hub.access.service import NotPermittedError, Role, Visitor, requires
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.sites import EVERY_SITE
from hub.statistics.service import Measure, Table

router = APIRouter()

_WHO: Final = (Role.SENIOR_REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)

WantedMonth = Annotated[str | None, Query(alias="month", max_length=7, description="Any month of the period, YYYY-MM.")]


@router.get("/statistics")
@requires(*_WHO)
def statistics_page(
    services: Services, visitor: SignedInVisitor, pages: ShownBy, month: WantedMonth = None
) -> HTMLResponse:
    """Intakes, candidates, decisions and alerts of one period; small numbers are withheld."""
    return pages.show("statistics.html", visitor, table=_table(services, visitor, month), measures=list(Measure))


@router.get("/statistics.csv")
@requires(*_WHO)
def statistics_file(services: Services, visitor: SignedInVisitor, month: WantedMonth = None) -> Response:
    """The same of a period that has ended, as CSV."""
    table = _table(services, visitor, month)
    name = f"statistics-{table.period.months()[0]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(table.as_csv(), media_type="text/csv", headers=headers)


def _table(services: Services, visitor: Visitor, month: str | None) -> Table:
    # A table of some sites beside one of all would tell of the others what is withheld there.
    if visitor.operator.sites != EVERY_SITE:
        raise NotPermittedError("These numbers are of the whole hub, and your account is of some of its sites.")
    with services.database.read() as connection:
        return services.statistics.table(connection, month)
