"""Entering cases: by a form, and from files with a dry run first."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from faults import RejectedError, Sentence
from hub.access.service import NotPermittedError, Visitor, requires
from hub.cases.routes.access import CASEWORK, OFFICER, SHOWN, OpenedCase, address, day_of
from hub.cases.service import (
    Basis,
    BodyPart,
    Build,
    CaseError,
    Complexion,
    GivenPhoto,
    NewCase,
    Purpose,
    Register,
    Risk,
)
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.exchange.service import FileRejectedError, ImportReport, Problem, ReadFile
from hub.pages import Pages
from protocol.person import Sex
from protocol.sighting import LegalBasis

router = APIRouter()

_MAX_BYTES: Final = 45_000_000
"""Of a form with photographs or a file; they are held in memory, never in a file."""

Files = Annotated[list[UploadFile], File(default_factory=list)]
Chosen = Annotated[UploadFile, File()]


async def _cells(request: Request) -> dict[str, str]:
    """The form's texts by name; of a field that is there several times, all with ; between."""
    found: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found[name] = f"{found[name]}; {value}" if name in found else value
    return found


Cells = Annotated[dict[str, str], Depends(_cells)]


class Act(StrEnum):
    """What the page of imports was asked to do."""

    TRY = "try"
    TAKE = "take"


@router.get("/add-case")
@requires(OFFICER, shows=SHOWN)
def add_page(visitor: SignedInVisitor, services: Services, pages: ShownBy, register: str = "missing") -> HTMLResponse:
    """The form for a new case."""
    cells = {"register": register if register in set(Register) else "missing", "risk": "medium", "purposes": "search"}
    return _form(visitor, services, pages, cells, to="/add-case")


@router.post("/add-case", max_body_size=_MAX_BYTES)
@requires(OFFICER, shows=SHOWN)
def add(cells: Cells, photographs: Files, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> Response:
    """Register a child, with photographs that pass the gate."""
    new, problems = _read(cells, services, visitor)
    if new is not None:
        despite = cells.get("despite", "").strip() or None
        source = cells.get("photo_source", "")
        try:
            taken_on = day_of(cells.get("photo_taken_on", ""))
            given = [GivenPhoto(one.file.read(), taken_on, source) for one in _chosen(photographs)]
            case = services.register.cases.register(new, given, visitor.operator.name, despite=despite)
            return RedirectResponse(address(case), status_code=303)
        except RejectedError as error:
            problems = (Problem(0, "photographs", error.sentence),)
    return _form(visitor, services, pages, cells, to="/add-case", problems=problems, status=400)


@router.get("/cases/{hub}/{name}/change")
@requires(OFFICER, shows=SHOWN)
def change_page(case: OpenedCase, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What was entered for a case, to be changed; who looked is audited."""
    with services.database.begin() as connection:
        services.register.cases.note_look(connection, case.summary.id, visitor.operator, CASEWORK, services.clock())
    cells = services.register.exchange.as_form(case)
    return _form(visitor, services, pages, cells, to=f"{address(case.summary.id)}/change")


@router.post("/cases/{hub}/{name}/change")
@requires(OFFICER, shows=SHOWN)
def change(cells: Cells, case: OpenedCase, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> Response:
    """Replace what was entered for a case."""
    name = case.summary.id
    new, problems = _read(cells, services, visitor)
    if new is not None:
        try:
            with services.database.begin() as connection:
                services.register.cases.registrar.change(connection, name, new, visitor.operator.name)
            return RedirectResponse(address(name), status_code=303)
        except CaseError as error:
            problems = (Problem(0, "", error.sentence),)
    return _form(visitor, services, pages, cells, to=f"{address(name)}/change", problems=problems, status=400)


@router.get("/import-cases")
@requires(OFFICER)
def import_page(visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Cases from a file."""
    return _import_page(visitor, pages)


@router.get("/import-cases/template.csv")
@requires(OFFICER)
def template(services: Services) -> Response:
    """The empty CSV file with every column."""
    headers = {"Content-Disposition": 'attachment; filename="cases.csv"'}
    return Response(services.register.exchange.template(), media_type="text/csv", headers=headers)


@router.post("/import-cases", max_body_size=_MAX_BYTES)
@requires(OFFICER)
def take(
    *, cells: Cells, photographs: Files, file: Chosen, services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Try a file, or take all of its cases."""
    dry_run = cells.get("act") != Act.TAKE
    try:
        report = _import(cells, file, photographs, services, visitor, dry_run=dry_run)
    except FileRejectedError as error:
        return _import_page(visitor, pages, problem=error.sentence, status=400)
    return _import_page(visitor, pages, report=report, dry_run=dry_run, status=400 if report.problems else 200)


def _import(
    cells: dict[str, str],
    file: UploadFile,
    photographs: list[UploadFile],
    services: Services,
    visitor: Visitor,
    *,
    dry_run: bool,
) -> ImportReport:
    exchange, actor, data = services.register.exchange, visitor.operator, file.file.read()
    if not (file.filename or "").lower().endswith(".xml"):
        read = _among(_chosen(photographs))
        return exchange.import_csv(data, read, actor.name, dry_run=dry_run, sites=actor.sites)
    if actor.sites.names is not None:
        raise NotPermittedError(
            "Cases from another service become the whole hub's. Ask someone who works for all of it."
        )
    ground = next((one for one in LegalBasis if one == cells.get("legal_basis")), None)
    if ground is None:
        raise FileRejectedError("Say what permits to keep these cases here: no file can say it.")
    return exchange.import_pfif(data, Basis(ground, cells.get("basis_reference", "")), actor.name, dry_run=dry_run)


def _among(photographs: list[UploadFile]) -> ReadFile:
    by_name = {one.filename: one for one in photographs}

    def read(name: str) -> bytes:
        if name not in by_name:
            raise FileRejectedError("There is no such file among the photographs.")
        by_name[name].file.seek(0)
        return by_name[name].file.read()

    return read


def _read(cells: dict[str, str], services: Services, visitor: Visitor) -> tuple[NewCase | None, tuple[Problem, ...]]:
    new, problems = services.register.exchange.read_form(cells)
    if new is not None and not visitor.operator.sites.include(new.site):
        return None, (Problem(0, "site", Sentence("Choose a site of yours.")),)
    return new, problems


def _chosen(files: list[UploadFile]) -> list[UploadFile]:
    # A browser sends one file without a name where none was chosen.
    return [one for one in files if one.filename]


def _form(
    visitor: Visitor,
    services: Services,
    pages: Pages,
    cells: dict[str, str],
    *,
    to: str,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    with services.database.read() as connection:
        known = sorted({unit.site for unit in services.fleet.units(connection)})
    sites = [site for site in known if visitor.operator.sites.include(site)]
    return pages.show(
        "case_form.html",
        visitor,
        status,
        cells=cells,
        to=to,
        problems=problems,
        sites=sites,
        whole_hub=visitor.operator.sites.names is None,
        sexes=list(Sex),
        risks=list(Risk),
        builds=list(Build),
        complexions=list(Complexion),
        grounds=list(LegalBasis),
        purposes=list(Purpose),
        parts=list(BodyPart),
        guardians=services.register.exchange.guardian_fields(cells),
    )


def _import_page(
    visitor: Visitor,
    pages: Pages,
    *,
    report: ImportReport | None = None,
    dry_run: bool = True,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    return pages.show(
        "import_cases.html",
        visitor,
        status,
        report=report,
        dry_run=dry_run,
        problem=problem,
        grounds=list(LegalBasis),
    )
