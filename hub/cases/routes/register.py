"""The list of cases, filtered and searched; one case; its pictures. Whoever sees a name or a face is audited."""

from enum import StrEnum
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from hub.access.service import Field, Visitor, requires
from hub.audit.service import AuditAction, record
from hub.cases.routes.access import CASEWORK, OFFICER, SHOWN, OpenedCase
from hub.cases.service import (
    WITH_FACES,
    CaseFile,
    CaseState,
    Cursor,
    Filters,
    Register,
    Risk,
    UnknownCaseError,
    reasons,
)
from hub.clock import utc_day
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.pages import Pages
from protocol.person import AgeBand, Month, Sex

router = APIRouter()

Choice = TypeVar("Choice", bound=StrEnum)

_SEARCHING: Final = "searching"


class FilterQuery(BaseModel):
    """What the filters of the list send; an empty one filters nothing."""

    model_config = ConfigDict(extra="ignore")  # `csrf` comes with them where they are a form's

    text: Annotated[str, StringConstraints(max_length=200)] = ""
    kind: str = ""
    state: str = CaseState.OPEN
    sex: str = ""
    age: str = ""
    risk: str = ""
    site: Annotated[str, StringConstraints(max_length=130)] = ""
    after: Annotated[str, StringConstraints(max_length=200)] = ""


@router.get("/cases")
@requires(OFFICER, shows=[Field.CASE, Field.POLICE_REFERENCE, Field.CHILD_NAME])
def list_page(
    query: Annotated[FilterQuery, Query()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> HTMLResponse:
    """Cases of the visitor's sites, newest first, by filters and by name, reference or case."""
    filters = _filters(query, visitor)
    now = services.clock()
    today = utc_day(now)
    after = Cursor.parse(query.after) if query.after else None
    month = Month(today.year, today.month)
    with services.database.begin() as connection:
        page = services.register.cases.search.page(connection, filters, month, after)
        if page.lines:
            seen = " ".join(line.summary.id for line in page.lines)
            record(
                connection,
                AuditAction.CASES_LISTED,
                actor=visitor.operator.name,
                subject="register",
                at=now,
                cases=seen,
                purpose=_SEARCHING,
            )
    onward = "" if page.after is None else urlencode({**query.model_dump(), "after": str(page.after)})
    return pages.show("cases.html", visitor, page=page, query=query, onward=onward, choices=_choices())


@router.post("/export-cases")
@requires(OFFICER, shows=SHOWN, fresh=True)
def export(form: Annotated[FilterQuery, Form()], services: Services, visitor: SignedInVisitor) -> Response:
    """What the filters find on every page, as a CSV file in the columns of the import."""
    filters, actor = _filters(form, visitor), visitor.operator.name
    with services.database.begin() as connection:
        table = services.register.exchange.export_csv(connection, filters, actor)
    headers = {"Content-Disposition": 'attachment; filename="cases.csv"', "Cache-Control": "no-store"}
    return Response(table, media_type="text/csv", headers=headers)


@router.get("/cases/{hub}/{name}")
@requires(OFFICER, shows=SHOWN)
def case_page(case: OpenedCase, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One case as a whole, with what can be done with it."""
    return show_case(case, services, visitor, pages)


@router.get("/cases/{hub}/{name}/photographs/{photo}.jpg")
@requires(OFFICER, shows=[Field.FACE])
def photograph(photo: str, case: OpenedCase, services: Services, visitor: SignedInVisitor) -> Response:
    """The face in one of a case's photographs; who looked is audited."""
    visitor.require(Field.FACE)
    # Not any of the case that this one went into, which may be another site's.
    own = next((facts.id for facts in case.photos if facts.id == photo), None)
    if own is None:
        raise UnknownCaseError("There is no such photograph.")
    picture = services.register.cases.portrait(case.summary.id, own)
    with services.database.begin() as connection:
        services.register.cases.note_look(connection, case.summary.id, visitor.operator, CASEWORK, services.clock())
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def show_case(
    case: CaseFile,
    services: Services,
    visitor: Visitor,
    pages: Pages,
    *,
    problem: str = "",
    done: str = "",
    status: int = 200,
) -> HTMLResponse:
    """A case's page, noted as a look at its names and faces."""
    rooms, name = services.register, case.summary.id
    with services.database.begin() as connection:
        rooms.cases.note_look(connection, name, visitor.operator, CASEWORK, services.clock())
        suggestions = rooms.cases.duplicates.suggestions(connection, name, visitor.operator.sites)
        erasures = rooms.erasure.of_case(connection, name)
        searched_at = rooms.matches.last_search(connection, name)
        matches = rooms.matches.of_case(connection, name)
        alerts = services.dispatch.about(connection, name, visitor.operator.sites)
        reports = services.dispatch.reports_about(connection, name, visitor.operator.sites)
    state = case.summary.state
    return pages.show(
        "case.html",
        visitor,
        status,
        case=case,
        kept=state in WITH_FACES,
        suggestions=suggestions,
        erasures=erasures,
        searched_at=searched_at,
        alerts=alerts,
        reports=reports,
        matches=matches,
        closing=reasons(state, CaseState.CLOSED),
        erasing=[one for one in reasons(state, CaseState.ERASED) if one != "record-expired"],
        reopening=reasons(state, CaseState.OPEN),
        problem=problem,
        done=done,
    )


def _filters(query: FilterQuery, visitor: Visitor) -> Filters:
    return Filters(
        text=query.text,
        register=_chosen(query.kind, Register),
        state=_chosen(query.state, CaseState),
        sex=_chosen(query.sex, Sex),
        age_band=_chosen(query.age, AgeBand),
        risk=_chosen(query.risk, Risk),
        site=query.site or None,
        sites=visitor.operator.sites,
    )


def _chosen(text: str, kind: type[Choice]) -> Choice | None:
    """What a filter was set to; none for everything."""
    return next((one for one in kind if one.value == text), None)


def _choices() -> dict[str, list[str]]:
    return {
        "registers": list(Register),
        "states": list(CaseState),
        "sexes": list(Sex),
        "ages": [band for band in AgeBand if band is not AgeBand.UNKNOWN],
        "risks": list(Risk),
    }
