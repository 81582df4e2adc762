"""What follows on a step of signing in: the next one, or the console; and the pages that people see on the way."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from faults import Sentence
from hub.access.errors import SignInNeededError
from hub.access.model import HalfSignedIn, SignedIn, Step
from hub.access.qr import qr_code
from hub.access.routes.requests import remember, set_cookie
from hub.access.tokens import form_token
from hub.access.visitor import SigningIn
from hub.desk import ConsoleForm, Services
from hub.guard import FORM_COOKIE, SIGNING_IN_COOKIE, local_path
from hub.navigation import home
from hub.pages import Pages


class OnwardForm(ConsoleForm):
    """Where to go on after the sign-in: `next` is a path, `kept` a sealed form of an ended session."""

    next: str = ""
    kept: str = ""


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
            else show_step(signing_in, form, services, pages)
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


def show_step(
    signing_in: SigningIn,
    form: OnwardForm,
    services: Services,
    pages: Pages,
    *,
    problem: str = "",
    status: int = 200,
    sealed: str = "",
) -> HTMLResponse:
    """The page of the step that is due. `sealed`: the offer that it showed before."""
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
