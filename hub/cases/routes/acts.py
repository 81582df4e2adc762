"""What is done with a case: its photographs, its listing, its duplicates, its copies, and its end."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from faults import RejectedError
from hub.access.service import requires
from hub.cases.routes.access import OFFICER, SHOWN, OpenedCase, address, day_of
from hub.cases.routes.register import show_case
from hub.cases.service import GivenPhoto, Reason
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.exchange.service import Recipient
from protocol.ids import CaseId, PhotoId

router = APIRouter()

_MAX_BYTES = 25_000_000


class EndForm(ConsoleForm):
    """Why a case ends."""

    reason: Reason
    note: str = ""


class Verdict(StrEnum):
    """What somebody says of two cases that may be one child's."""

    MERGE = "merge"
    DISTINCT = "distinct"


class PairForm(ConsoleForm):
    """Two cases, judged."""

    other: str
    verdict: Verdict


class CopyForm(ConsoleForm):
    """Whom a copy is for, and the passphrase that was shown."""

    recipient: Recipient
    passphrase: str


@router.post("/cases/{hub}/{name}/photographs", max_body_size=_MAX_BYTES)
@requires(OFFICER, shows=SHOWN)
def add_photograph(
    *,
    case: OpenedCase,
    photograph: Annotated[UploadFile, File()],
    csrf: Annotated[str, Form()],  # noqa: ARG001 - the guard has checked it
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
    taken_on: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    despite: Annotated[str, Form()] = "",
) -> Response:
    """One more photograph, which passes the gate."""
    name, registrar = case.summary.id, services.register.cases.registrar
    why = despite.strip() or None
    try:
        (picture,) = registrar.photographs.read([GivenPhoto(photograph.file.read(), day_of(taken_on), source)], why)
        with services.database.begin() as connection:
            registrar.add_photo(connection, name, picture, visitor.operator.name, despite=why)
    except RejectedError as error:
        return show_case(case, services, visitor, pages, problem=error.sentence, status=400)
    return _back(name)


@router.post("/cases/{hub}/{name}/photographs/{photo}/remove")
@requires(OFFICER, fresh=True)
def remove_photograph(photo: str, case: OpenedCase, services: Services, visitor: SignedInVisitor) -> Response:
    """Purge one photograph with its templates."""
    name = case.summary.id
    with services.database.begin() as connection:
        services.register.cases.registrar.remove_photo(connection, name, PhotoId(photo), visitor.operator.name)
    return _back(name)


@router.post("/cases/{hub}/{name}/renew")
@requires(OFFICER)
def renew(case: OpenedCase, services: Services, visitor: SignedInVisitor) -> Response:
    """Search for the child for another period."""
    services.register.cases.renew(case.summary.id, visitor.operator.name)
    return _back(case.summary.id)


@router.post("/cases/{hub}/{name}/search-again")
@requires(OFFICER, fresh=True)
def search_again(
    case: OpenedCase, form: Annotated[EndForm, Form()], services: Services, visitor: SignedInVisitor
) -> Response:
    """A confirmed match was none: search for the child again."""
    name = case.summary.id
    with services.database.begin() as connection:
        services.register.cases.changes.search_again(
            connection, name, form.note, visitor.operator.name, services.clock()
        )
    return _back(name)


@router.post("/cases/{hub}/{name}/duplicates")
@requires(OFFICER, shows=SHOWN, fresh=True)
def judge(
    case: OpenedCase,
    form: Annotated[PairForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Merge a case into another of the same child, or mark the two as two children for good."""
    name, other, duplicates = case.summary.id, CaseId(form.other), services.register.cases.duplicates
    actor, now = visitor.operator.name, services.clock()
    try:
        with services.database.begin() as connection:
            services.register.cases.file_of(connection, other, visitor.operator)
            if form.verdict is Verdict.DISTINCT:
                duplicates.mark_distinct(connection, name, other, actor, now)
            else:
                duplicates.merge(connection, name, other, note="", actor=actor, at=now)
    except RejectedError as error:
        return show_case(case, services, visitor, pages, problem=error.sentence, status=400)
    return _back(name if form.verdict is Verdict.DISTINCT else other)


@router.post("/cases/{hub}/{name}/close")
@requires(OFFICER, shows=SHOWN, fresh=True)
def close(case: OpenedCase, form: Annotated[EndForm, Form()], services: Services, visitor: SignedInVisitor) -> Response:
    """End the search: faces and templates are deleted at once."""
    with services.database.begin() as connection:
        services.register.erasure.close(
            connection, case.summary.id, form.reason, note=form.note, actor=visitor.operator.name
        )
    return _back(case.summary.id)


@router.post("/cases/{hub}/{name}/erase")
@requires(OFFICER, shows=SHOWN, fresh=True)
def erase(case: OpenedCase, form: Annotated[EndForm, Form()], services: Services, visitor: SignedInVisitor) -> Response:
    """Delete everything about the child; a record of what was removed where stays."""
    with services.database.begin() as connection:
        services.register.erasure.erase(
            connection, case.summary.id, form.reason, note=form.note, actor=visitor.operator.name
        )
    return _back(case.summary.id)


@router.get("/cases/{hub}/{name}/copy")
@requires(OFFICER, shows=SHOWN, fresh=True)
def copy_page(case: OpenedCase, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """The passphrase of a copy, shown once, and the button that makes it."""
    return pages.show(
        "case_copy.html",
        visitor,
        case=case,
        passphrase=services.register.exchange.new_passphrase(),
        recipients=list(Recipient),
    )


@router.post("/cases/{hub}/{name}/copy")
@requires(OFFICER, shows=SHOWN, fresh=True)
def copy(case: OpenedCase, form: Annotated[CopyForm, Form()], services: Services, visitor: SignedInVisitor) -> Response:
    """The whole of a case as an encrypted file, for its family or a court."""
    with services.database.begin() as connection:
        made = services.register.exchange.dossier(
            connection, case, form.recipient, form.passphrase, visitor.operator.name
        )
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.content, media_type="application/zip", headers=headers)


@router.post("/cases/{hub}/{name}/pfif")
@requires(OFFICER, shows=SHOWN, fresh=True)
def to_pfif(case: OpenedCase, services: Services, visitor: SignedInVisitor, pages: ShownBy) -> Response:
    """A case for another service of missing persons, where its legal basis covers that."""
    try:
        with services.database.begin() as connection:
            document = services.register.exchange.export_pfif(connection, [case], visitor.operator.name)
    except RejectedError as error:
        return show_case(case, services, visitor, pages, problem=error.sentence, status=400)
    headers = {"Content-Disposition": 'attachment; filename="case.pfif.xml"'}
    return Response(document, media_type="application/xml", headers=headers)


def _back(case: CaseId) -> RedirectResponse:
    return RedirectResponse(address(case), status_code=303)
