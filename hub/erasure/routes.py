"""The page of withdrawals: taking one by its receipt, asking for one without, and what is outstanding where."""

from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field as FormField
from starlette.responses import Response

from faults import RejectedError
from hub.access.service import Field, Role, Visitor, requires
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.erasure.model import RequestReason, unit_place
from hub.pages import Pages
from protocol.withdrawal import read_token

router = APIRouter()

_WHO: Final = (Role.CASE_OFFICER, Role.SENIOR_REVIEWER)
_PAGE_LENGTH: Final = 100
_SHOWN: Final = (Field.INTAKE_REFERENCE, Field.SITE_STAFF)


class ReceiptForm(ConsoleForm):
    """A receipt's text or code, as it was scanned or typed."""

    receipt: str = FormField(max_length=4000)


class RequestForm(ConsoleForm):
    """Which intake, and why."""

    reference: str = FormField(max_length=40)
    reason: RequestReason


class DecisionForm(ConsoleForm):
    """Another person's word."""

    approve: bool


@router.get("/withdrawals")
@requires(*_WHO, shows=_SHOWN)
def withdrawals_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """What was taken back, and what is outstanding."""
    return _page(services, visitor, pages)


@router.post("/withdrawals")
@requires(*_WHO, shows=_SHOWN)
def withdraw(
    form: Annotated[ReceiptForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Somebody shows a receipt."""
    try:
        token = read_token(form.receipt)
    except RejectedError as error:
        return _page(services, visitor, pages, problem=error.sentence, status=400)
    with services.database.begin() as connection:
        services.register.intakes.withdrawals.take(connection, token, actor=visitor.operator.name, at=services.clock())
    return RedirectResponse("/withdrawals", status_code=303)


@router.post("/withdrawals/requests")
@requires(*_WHO, shows=_SHOWN, fresh=True)
def ask(form: Annotated[RequestForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy) -> Response:
    """Ask for an erasure without the receipt."""
    try:
        with services.database.begin() as connection:
            services.register.intakes.requests.ask(
                connection, form.reference, form.reason, visitor.operator, services.clock()
            )
    except RejectedError as error:
        return _page(services, visitor, pages, problem=error.sentence, status=400)
    return RedirectResponse("/withdrawals", status_code=303)


@router.post("/withdrawals/requests/{request_id}")
@requires(*_WHO, shows=_SHOWN, fresh=True)
def decide(
    request_id: str,
    form: Annotated[DecisionForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Another person decides."""
    try:
        with services.database.begin() as connection:
            services.register.intakes.requests.decide(
                connection, request_id, visitor.operator, services.clock(), approve=form.approve
            )
    except RejectedError as error:
        return _page(services, visitor, pages, problem=error.sentence, status=400)
    return RedirectResponse("/withdrawals", status_code=303)


def _page(services: Services, visitor: Visitor, pages: Pages, *, problem: str = "", status: int = 200) -> HTMLResponse:
    intakes, operator = services.register.intakes, visitor.operator
    with services.database.read() as connection:
        erasures = intakes.withdrawals.of_people(connection, operator.sites, _PAGE_LENGTH)
        takers = intakes.withdrawals.takers(connection, [one.id for one in erasures])
        named = {(one.staff, one.site) for people in takers.values() for one in people}
        signers = services.sites.staff.signers(connection, named)
        heard = {unit_place(one.unit): one.received_at for one in services.fleet.health(connection)}
        requests = intakes.requests.waiting(connection, operator)
    return pages.show(
        "withdrawals.html",
        visitor,
        status,
        erasures=erasures,
        full=len(erasures) == _PAGE_LENGTH,
        takers={erasure: [signers[one.staff, one.site] for one in people] for erasure, people in takers.items()},
        heard=heard,
        requests=requests,
        reasons=list(RequestReason),
        problem=problem,
    )
