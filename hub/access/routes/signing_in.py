"""Signing in, step by step, and out. A form that met an ended session is offered to the same person again after it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from faults import Sentence
from hub.access.declarations import anyone, requires, while_signing_in
from hub.access.errors import (
    PasswordRuleError,
    SecondFactorRefusedError,
    SignInDelayedError,
    SignInNeededError,
    SignInRefusedError,
)
from hub.access.model import HalfSignedIn, Role, SignedIn, Step
from hub.access.qr import qr_code
from hub.access.routes.requests import forget_cookie, origin, remember, remember_language, set_cookie
from hub.access.tokens import form_token
from hub.access.visitor import SigningIn
from hub.desk import ConsoleForm, EachLanguage, HalfVisitor, KnownLanguage, Services, ShownBy, SignedInVisitor
from hub.guard import FORM_COOKIE, SESSION_COOKIE, SIGNING_IN_COOKIE, local_path
from hub.navigation import home
from hub.pages import Pages

router = APIRouter()


class OnwardForm(ConsoleForm):
    """Where to go on after the sign-in: `next` is a path, `kept` a sealed form of an ended session."""

    next: str = ""
    kept: str = ""


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
    return _step_page(signing_in, OnwardForm(csrf="", next=next), services, pages)


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
        return _step_page(signing_in, form, services, pages, problem=error.sentence, status=_status(error))
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
        return _step_page(
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
        return _step_page(signing_in, form, services, pages, problem=error.sentence, status=400)
    return go_on(outcome, form, services, pages)


@router.post("/sign-out")
@requires(*Role)
def sign_out(request: Request, services: Services, visitor: SignedInVisitor) -> RedirectResponse:
    """End the session."""
    services.access.sign_out(request.cookies[SESSION_COOKIE], visitor.operator)
    response = RedirectResponse("/sign-in", status_code=303)
    forget_cookie(response, SESSION_COOKIE)
    return response


def ask_for_sign_in(request: Request, services: Services, pages: Pages, needed: SignInNeededError) -> Response:
    """What a request without a session gets: the sign-in page, with the form it sent sealed inside."""
    if not needed.sent_a_form:
        return RedirectResponse(f"/sign-in?next={local_path(needed.path)}", status_code=303)
    return show_sign_in(
        request,
        services,
        pages,
        kept=needed.kept or "",
        problem=(
            Sentence("Your session had ended, so nothing has been recorded yet. Sign in again, and you can send it.")
            if needed.kept
            else Sentence(
                "Your session had ended and nothing has been recorded. Sign in, open the page again and repeat it."
            )
        ),
        status=401,
    )


def require_same(password: str, repeated: str) -> None:
    """Raises PasswordRuleError where a new password was not typed twice alike."""
    if password != repeated:
        raise PasswordRuleError("The two new passwords differ. Type the same one twice.")


def _token(request: Request) -> str:
    return request.cookies[SIGNING_IN_COOKIE]


def _status(error: Exception) -> int:
    return 429 if isinstance(error, SignInDelayedError) else 401


def go_on(
    outcome: SignedIn | HalfSignedIn,
    form: OnwardForm,
    services: Services,
    pages: Pages,
    codes: tuple[str, ...] = (),
    *,
    lead: Callable[[str], Response] = lambda path: RedirectResponse(path, status_code=303),
) -> Response:
    """What follows on a step that was right. `lead` takes who is signed in to where they wanted to go."""
    if isinstance(outcome, HalfSignedIn):
        signing_in = SigningIn(outcome.operator, form_token(outcome.token), outcome.step)
        response: Response = (
            pages.show("recovery_codes.html", None, codes=codes, onward="/sign-in/step", kept=None, csrf="")
            if codes
            else _step_page(signing_in, form, services, pages)
        )
        set_cookie(response, SIGNING_IN_COOKIE, outcome.token)
        return response
    response = _arrive(outcome, form, services, pages, codes, lead=lead)
    remember(response, outcome)
    return response


def _arrive(
    signed_in: SignedIn,
    form: OnwardForm,
    services: Services,
    pages: Pages,
    codes: tuple[str, ...],
    *,
    lead: Callable[[str], Response],
) -> Response:
    onward = local_path(form.next)
    if onward in {"", "/"}:  # The bare address of the console is everyone's, its first page a reviewer's.
        onward = home(signed_in.operator)
    kept = services.access.kept_form(form.kept, signed_in.operator) if form.kept else None
    token = form_token(signed_in.session_token)
    if codes:
        return pages.show("recovery_codes.html", None, codes=codes, onward=onward, kept=kept, csrf=token)
    if kept is not None:
        with services.database.begin() as connection:
            review = services.review.resume(
                connection, kept.path, dict(kept.fields), signed_in.operator, services.clock()
            )
        if review is not None:
            return lead(review)
        return pages.show("kept.html", None, csrf=token, kept=kept, back=home(signed_in.operator), after="sign-in")
    return lead(onward)


def _step_page(
    signing_in: SigningIn,
    form: OnwardForm,
    services: Services,
    pages: Pages,
    *,
    problem: str = "",
    status: int = 200,
    sealed: str = "",
) -> HTMLResponse:
    content: dict[str, object] = {
        "csrf": signing_in.form_token,
        "operator": signing_in.operator,
        "next": local_path(form.next),
        "kept": form.kept,
        "problem": problem,
    }
    if signing_in.step is Step.SET_UP:
        offer = services.access.sign_ins.offer_second_factor(signing_in.operator, sealed)
        return pages.show("second_factor.html", None, status, offer=offer, picture=qr_code(offer.address), **content)
    template = "code.html" if signing_in.step is Step.CODE else "own_password.html"
    return pages.show(template, None, status, **content)


def show_sign_in(
    request: Request,
    services: Services,
    pages: Pages,
    *,
    next_path: str = "",
    kept: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The sign-in page, for whoever has no session."""
    secret = request.cookies.get(FORM_COOKIE) or services.access.new_token()
    csrf = form_token(secret)
    provider = services.access.provider
    page = pages.show(
        "sign_in.html",
        None,
        status,
        csrf=csrf,
        next=local_path(next_path),
        kept=kept,
        problem=problem,
        provider="" if provider is None else provider.settings.name,
    )
    if FORM_COOKIE not in request.cookies:
        set_cookie(page, FORM_COOKIE, secret)
    return page
