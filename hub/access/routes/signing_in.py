"""Signing in, step by step, and out. A form that met an ended session is offered to the same person again after it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from hub.access.declarations import anyone, requires, while_signing_in
from hub.access.errors import (
    PasswordRuleError,
    SecondFactorRefusedError,
    SignInDelayedError,
    SignInRefusedError,
)
from hub.access.model import Role
from hub.access.routes.requests import forget_cookie, origin, remember_language
from hub.access.routes.steps import OnwardForm, go_on, show_sign_in, show_step
from hub.desk import EachLanguage, HalfVisitor, KnownLanguage, Services, ShownBy, SignedInVisitor
from hub.guard import SESSION_COOKIE, SIGNING_IN_COOKIE

router = APIRouter()


class SignInForm(OnwardForm):
    """What the sign-in page sends."""

    name: str
    password: str


class LanguageForm(OnwardForm):
    """What the sign-in page sends to be shown in another language."""

    language: KnownLanguage


class CodeForm(OnwardForm):
    """What the page that asks for a code sends."""

    code: str


class SetUpForm(CodeForm):
    """What the page that sets up a second factor sends: `offer` is the sealed secret that it shows."""

    offer: str


class OwnPasswordForm(OnwardForm):
    """What the page that replaces a start password sends."""

    new_password: str
    repeated: str


@router.get("/sign-in")
@anyone()
def sign_in_page(request: Request, services: Services, pages: ShownBy, next: str = "") -> HTMLResponse:  # noqa: A002 - the query's name
    """The sign-in page."""
    return show_sign_in(request, services, pages, next_path=next)


@router.post("/sign-in")
@anyone()
def sign_in(request: Request, form: Annotated[SignInForm, Form()], services: Services, pages: ShownBy) -> Response:
    """Take name and password, and go on to the next step or to where the person wanted to go."""
    try:
        outcome = services.access.sign_ins.begin(form.name, form.password, origin(request))
    except (SignInRefusedError, SignInDelayedError) as error:
        return show_sign_in(
            request, services, pages, next_path=form.next, kept=form.kept, problem=error.sentence, status=_status(error)
        )
    return go_on(outcome, form, services, pages)


@router.post("/sign-in/language")
@anyone()
def choose_language(
    request: Request, form: Annotated[LanguageForm, Form()], services: Services, pages: EachLanguage
) -> Response:
    """The sign-in page in another language; what waits to be sent stays."""
    page = show_sign_in(request, services, pages[form.language], next_path=form.next, kept=form.kept)
    remember_language(page, form.language)
    return page


@router.get("/sign-in/step")
@while_signing_in()
def step_page(services: Services, pages: ShownBy, signing_in: HalfVisitor, next: str = "") -> HTMLResponse:  # noqa: A002 - the query's name
    """The step of signing in that is due."""
    return show_step(signing_in, OnwardForm(csrf="", next=next), services, pages)


@router.post("/sign-in/code")
@while_signing_in()
def give_code(
    request: Request,
    form: Annotated[CodeForm, Form()],
    services: Services,
    pages: ShownBy,
    signing_in: HalfVisitor,
) -> Response:
    """Take a code of the authenticator, or a recovery code."""
    try:
        outcome = services.access.sign_ins.give_code(_token(request), form.code, origin(request))
    except (SecondFactorRefusedError, SignInDelayedError) as error:
        return show_step(signing_in, form, services, pages, problem=error.sentence, status=_status(error))
    return go_on(outcome, form, services, pages)


@router.post("/sign-in/second-factor")
@while_signing_in()
def set_up_second_factor(
    request: Request,
    form: Annotated[SetUpForm, Form()],
    services: Services,
    pages: ShownBy,
    signing_in: HalfVisitor,
) -> Response:
    """Set up the second factor and show the recovery codes, once."""
    sign_ins = services.access.sign_ins
    try:
        outcome, codes = sign_ins.set_up_second_factor(_token(request), form.offer, form.code, origin(request))
    except SecondFactorRefusedError as error:
        return show_step(
            signing_in, form, services, pages, problem=error.sentence, status=_status(error), sealed=form.offer
        )
    return go_on(outcome, form, services, pages, codes)


@router.post("/sign-in/own-password")
@while_signing_in()
def choose_password(
    request: Request,
    form: Annotated[OwnPasswordForm, Form()],
    services: Services,
    pages: ShownBy,
    signing_in: HalfVisitor,
) -> Response:
    """Replace the start password by one of the person's own."""
    try:
        require_same(form.new_password, form.repeated)
        outcome = services.access.sign_ins.choose_password(_token(request), form.new_password, origin(request))
    except PasswordRuleError as error:
        return show_step(signing_in, form, services, pages, problem=error.sentence, status=400)
    return go_on(outcome, form, services, pages)


@router.post("/sign-out")
@requires(*Role)
def sign_out(request: Request, services: Services, visitor: SignedInVisitor) -> RedirectResponse:
    """End the session."""
    services.access.sign_out(request.cookies[SESSION_COOKIE], visitor.operator)
    response = RedirectResponse("/sign-in", status_code=303)
    forget_cookie(response, SESSION_COOKIE)
    return response


def require_same(password: str, repeated: str) -> None:
    """Raises PasswordRuleError where a new password was not typed twice alike."""
    if password != repeated:
        raise PasswordRuleError("The two new passwords differ. Type the same one twice.")


def _token(request: Request) -> str:
    return request.cookies[SIGNING_IN_COOKIE]


def _status(error: Exception) -> int:
    return 429 if isinstance(error, SignInDelayedError) else 401
