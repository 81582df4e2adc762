"""Signing in and out. A form that met an ended session is offered to the same person again after sign-in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from hub.access.model import (
    Role,
    SignedIn,
    SignInDelayedError,
    SignInNeededError,
    SignInRefusedError,
    anyone,
    requires,
)
from hub.access.service import form_token
from hub.desk import ConsoleForm, Services, ShownBy, SignedInVisitor
from hub.guard import DEVICE_COOKIE, FORM_COOKIE, SESSION_COOKIE, local_path
from hub.pages import Pages

router = APIRouter()

_DEVICE_SECONDS = 365 * 24 * 60 * 60


class SignInForm(ConsoleForm):
    """What the sign-in page sends. `next` is where to go on; `kept` a sealed form of an ended session."""

    name: str
    password: str
    next: str = ""
    kept: str = ""


@router.get("/sign-in")
@anyone()
def sign_in_page(request: Request, services: Services, pages: ShownBy, next: str = "") -> HTMLResponse:  # noqa: A002 - the query's name
    """The sign-in page."""
    return _sign_in_page(request, pages, secret=_form_secret(request, services), next_path=next)


@router.post("/sign-in")
@anyone()
def sign_in(request: Request, form: Annotated[SignInForm, Form()], services: Services, pages: ShownBy) -> Response:
    """Begin a session and go on to where the person wanted to go."""
    address = request.client.host if request.client else "unknown"
    device = request.cookies.get(DEVICE_COOKIE)
    try:
        signed_in = services.access.sign_in(form.name, form.password, address=address, device_token=device)
    except (SignInRefusedError, SignInDelayedError) as error:
        return _sign_in_page(
            request,
            pages,
            secret=_form_secret(request, services),
            next_path=form.next,
            kept=form.kept,
            problem=str(error),
            status=429 if isinstance(error, SignInDelayedError) else 401,
        )
    response = _after_sign_in(signed_in, form, services, pages)
    _set_cookie(response, SESSION_COOKIE, signed_in.session_token)
    _set_cookie(response, DEVICE_COOKIE, signed_in.device_token, max_age=_DEVICE_SECONDS)
    response.delete_cookie(FORM_COOKIE, secure=True, httponly=True, samesite="strict")
    return response


@router.post("/sign-out")
@requires(*Role)
def sign_out(request: Request, services: Services, visitor: SignedInVisitor) -> RedirectResponse:
    """End the session."""
    services.access.sign_out(request.cookies[SESSION_COOKIE], visitor.operator)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE, secure=True, httponly=True, samesite="strict")
    return response


def ask_for_sign_in(request: Request, services: Services, pages: Pages, needed: SignInNeededError) -> Response:
    """What a request without a session gets: the sign-in page, with the form it sent sealed inside."""
    if not needed.sent_a_form:
        return RedirectResponse(f"/sign-in?next={local_path(needed.path)}", status_code=303)
    return _sign_in_page(
        request,
        pages,
        secret=_form_secret(request, services),
        kept=needed.kept or "",
        problem=(
            "Your session had ended, so nothing has been recorded yet. Sign in again, and you can send it."
            if needed.kept
            else "Your session had ended and nothing has been recorded. Sign in, open the page again and repeat it."
        ),
        status=401,
    )


def _after_sign_in(signed_in: SignedIn, form: SignInForm, services: Services, pages: Pages) -> Response:
    kept = services.access.kept_form(form.kept, signed_in.operator) if form.kept else None
    if kept is not None:
        token = form_token(signed_in.session_token)
        return pages.show("kept.html", None, csrf=token, kept=kept, back=_home(signed_in.operator.role))
    onward = local_path(form.next)
    return RedirectResponse(onward or _home(signed_in.operator.role), status_code=303)


def _home(role: Role) -> str:
    return "/" if role is Role.REVIEWER else "/units"


def _form_secret(request: Request, services: Services) -> str:
    return request.cookies.get(FORM_COOKIE) or services.access.new_token()


def _sign_in_page(
    request: Request,
    pages: Pages,
    *,
    secret: str,
    next_path: str = "",
    kept: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    page = pages.show(
        "sign_in.html",
        None,
        status,
        csrf=form_token(secret),
        next=local_path(next_path),
        kept=kept,
        problem=problem,
    )
    if FORM_COOKIE not in request.cookies:
        _set_cookie(page, FORM_COOKIE, secret)
    return page


def _set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict")
