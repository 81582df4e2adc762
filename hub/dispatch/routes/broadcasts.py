"""The pages by which two people screen a report before it goes out as a broadcast alert."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.service import Field, Role, Visitor, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.dispatch.service import BroadcastError, Report, Verdict
from hub.pages import Pages
from protocol.errors import InvalidIdError
from protocol.ids import parse_case_id, parse_hub_id, parse_site_id

router = APIRouter()

_WHO: Final = (Role.DISPATCHER, Role.SENIOR_REVIEWER)


class ReportForm(ConsoleForm):
    """The first person's half."""

    case: str = FormField(max_length=130)
    site: str = FormField(max_length=130)
    countries: str = FormField(default="", max_length=200)
    source: str = FormField(max_length=2000)
    corroboration: str = FormField(max_length=2000)

    def report(self) -> Report:
        """Raises BroadcastError."""
        try:
            countries = frozenset(map(parse_hub_id, self.countries.replace(",", " ").split()))
            case, site = parse_case_id(self.case.strip()), parse_site_id(self.site.strip())
        except InvalidIdError as error:
            raise BroadcastError(error.sentence) from error
        return Report(case, site, countries, self.source, self.corroboration)


class VerdictForm(ConsoleForm):
    """The second person's half."""

    verdict: Verdict


@router.get("/broadcasts")
@requires(*_WHO, shows=[Field.CASE])
def broadcasts_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Reports that wait for a second person, and the form for another."""
    return _page(services, visitor, pages)


@router.post("/broadcasts")
@requires(*_WHO, shows=[Field.CASE], fresh=True)
def propose(
    form: Annotated[ReportForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Record how a report was verified and what corroborates it; nothing is sent."""
    try:
        with services.database.begin() as connection:
            services.dispatch.propose(connection, form.report(), visitor.operator, services.clock())
    except BroadcastError as error:
        return _page(services, visitor, pages, form=form, problem=error.sentence, status=400)
    return RedirectResponse("/broadcasts", status_code=303)


@router.post("/broadcasts/{broadcast_id}/screen")
@requires(*_WHO, shows=[Field.CASE], fresh=True)
def screen(
    broadcast_id: str,
    form: Annotated[VerdictForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Another person lets the broadcast go, or refuses it."""
    try:
        with services.database.begin() as connection:
            operator, at = visitor.operator, services.clock()
            alert = services.dispatch.screen(connection, broadcast_id, form.verdict, operator, at)
    except BroadcastError as error:
        return _page(services, visitor, pages, problem=error.sentence, status=400)
    return RedirectResponse("/broadcasts" if alert is None else f"/alerts/{alert}", status_code=303)


def _page(
    services: Services,
    visitor: Visitor,
    pages: Pages,
    *,
    form: ReportForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    with services.database.read() as connection:
        waiting = services.dispatch.broadcasts.waiting(connection, visitor.operator.sites)
    return pages.show("broadcasts.html", visitor, status, waiting=waiting, form=form, problem=problem)
