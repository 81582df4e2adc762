"""One's own account: password, second factor, recovery codes; and proving once more who one is."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from faults import Sentence
from hub.access.declarations import requires
from hub.access.errors import (
    ConfirmationNeededError,
    PasswordRuleError,
    SecondFactorRefusedError,
    SignInDelayedError,
    SignInRefusedError,
)
from hub.access.model import Role
from hub.access.qr import qr_code
from hub.access.routes.requests import origin, remember_language
from hub.access.routes.signing_in import CodeForm, SetUpForm, require_same
from hub.access.visitor import Visitor
from hub.desk import ConsoleForm, KnownLanguage, Services, ShownBy, SignedInVisitor
from hub.guard import SESSION_COOKIE, local_path
from hub.navigation import home
from hub.pages import Pages

router = APIRouter()


class PasswordForm(ConsoleForm):
    """What the account page sends to change the password."""

    password: str
    new_password: str
    repeated: str


class LanguageForm(ConsoleForm):
    """What the account page sends to change the language."""

    language: KnownLanguage


@router.get("/account")
@requires(*Role)
def account_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """One's own roles, password and second factor."""
    return _account_page(services, visitor, pages)


@router.post("/account/password")
@requires(*Role)
def change_password(
    request: Request,
    form: Annotated[PasswordForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Change one's own password; one's other sessions end."""
    session = request.cookies[SESSION_COOKIE]
    try:
        require_same(form.new_password, form.repeated)
        services.access.own.change_password(
            session, visitor.operator, form.password, form.new_password, origin(request)
        )
    except (PasswordRuleError, SignInRefusedError, SignInDelayedError) as error:
        return _account_page(services, visitor, pages, problem=error.sentence, status=400)
    return _account_page(services, visitor, pages, done=Sentence("Your password has been changed."))


@router.post("/account/language")
@requires(*Role)
def choose_language(
    form: Annotated[LanguageForm, Form()], services: Services, visitor: SignedInVisitor
) -> RedirectResponse:
    """Choose in which language the console speaks to oneself."""
    services.access.own.choose_language(visitor.operator, form.language)
    response = RedirectResponse("/account", status_code=303)
    remember_language(response, form.language)
    return response


@router.get("/account/second-factor")
@requires(*Role, fresh=True)
def second_factor_page(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> HTMLResponse:
    """Set up a second factor in the place of any earlier one."""
    return _second_factor_page(services, visitor, pages)


@router.post("/account/second-factor")
@requires(*Role, fresh=True)
def replace_second_factor(
    request: Request,
    form: Annotated[SetUpForm, Form()],
    services: Services,
    visitor: SignedInVisitor,
    pages: ShownBy,
) -> Response:
    """Replace one's own second factor and show new recovery codes, once."""
    session = request.cookies[SESSION_COOKIE]
    try:
        codes = services.access.own.replace_second_factor(session, visitor.operator, form.offer, form.code)
    except SecondFactorRefusedError as error:
        return _second_factor_page(services, visitor, pages, problem=error.sentence, status=401, sealed=form.offer)
    return pages.show("recovery_codes.html", visitor, codes=codes, onward="/account", kept=None, csrf="")


@router.post("/account/recovery-codes")
@requires(*Role, fresh=True)
def renew_recovery_codes(services: Services, visitor: SignedInVisitor, pages: ShownBy) -> Response:
    """Make new recovery codes and show them, once."""
    codes = services.access.own.renew_recovery_codes(visitor.operator)
    return pages.show("recovery_codes.html", visitor, codes=codes, onward="/account", kept=None, csrf="")


@router.get("/confirm")
@requires(*Role)
def confirm_page(services: Services, visitor: SignedInVisitor, pages: ShownBy, next: str = "") -> HTMLResponse:  # noqa: A002 - the query's name
    """Ask for a fresh second factor before something dangerous."""
    return show_confirm(services, visitor, pages, next_path=next)


@router.post("/confirm")
@requires(*Role)
def confirm(
    request: Request, form: Annotated[CodeForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Take a fresh second factor, and go on to what was asked for."""
    try:
        services.access.own.confirm(request.cookies[SESSION_COOKIE], visitor.operator, form.code, origin(request))
    except (SecondFactorRefusedError, SignInRefusedError, SignInDelayedError) as error:
        return show_confirm(
            services, visitor, pages, next_path=form.next, kept=form.kept, problem=error.sentence, status=401
        )
    kept = services.access.kept_form(form.kept, visitor.operator) if form.kept else None
    if kept is not None:
        back = home(visitor.operator)
        return pages.show("kept.html", visitor, csrf=visitor.form_token, kept=kept, back=back, after="confirmation")
    return RedirectResponse(local_path(form.next) or home(visitor.operator), status_code=303)


def ask_for_confirmation(
    services: Services, visitor: Visitor, pages: Pages, needed: ConfirmationNeededError
) -> Response:
    """What a request for something dangerous gets when the last proof is too old: nothing that was typed is lost."""
    if not needed.sent_a_form:
        return RedirectResponse(f"/confirm?next={local_path(needed.path)}", status_code=303)
    again = Sentence("Nothing has been recorded. Open the page again afterwards and repeat it.")
    problem = "" if needed.kept else again
    return show_confirm(services, visitor, pages, kept=needed.kept or "", problem=problem, status=401)


def _account_page(
    services: Services, visitor: Visitor, pages: Pages, *, problem: str = "", done: str = "", status: int = 200
) -> HTMLResponse:
    operators = services.access.operators
    with services.database.read() as connection:
        account = operators.account(connection, visitor.operator.name)
        left = operators.recovery_codes_left(connection, visitor.operator)
    return pages.show("account.html", visitor, status, account=account, left=left, problem=problem, done=done)


def _second_factor_page(
    services: Services, visitor: Visitor, pages: Pages, *, problem: str = "", status: int = 200, sealed: str = ""
) -> HTMLResponse:
    offer = services.access.sign_ins.offer_second_factor(visitor.operator, sealed)
    return pages.show(
        "second_factor.html",
        visitor,
        status,
        csrf=visitor.form_token,
        operator=visitor.operator,
        offer=offer,
        picture=qr_code(offer.address),
        next="",
        kept="",
        problem=problem,
    )


def show_confirm(
    services: Services,
    visitor: Visitor,
    pages: Pages,
    *,
    next_path: str = "",
    kept: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The page that asks a signed-in person once more who they are."""
    account, provider = services.access.own.account(visitor.operator), services.access.provider
    return pages.show(
        "confirm.html",
        visitor,
        status,
        csrf=visitor.form_token,
        next=local_path(next_path),
        kept=kept,
        with_code=account.second_factor_at is not None,
        provider="" if provider is None or account.link is None else provider.settings.name,
        problem=problem,
        back=home(visitor.operator),
    )
