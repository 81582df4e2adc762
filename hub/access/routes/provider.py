"""Signing in at the organisation's identity provider, and confirming there who one is.

To the provider and back goes by pages that lead on by themselves: a form's redirection to another site is refused by
our own policy (form-action), and the cookies of a session are not sent on a way that began at another site.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from pydantic import Field as FormField
from starlette.responses import Response

from hub.access.declarations import anyone, requires
from hub.access.errors import ProviderRefusedError, ProviderUnavailableError
from hub.access.model import Role
from hub.access.provider_model import ANSWER_PATH, Answer
from hub.access.provider_sign_ins import Outward, ProviderSignIns
from hub.access.provider_store import Departure
from hub.access.routes.account import show_confirm
from hub.access.routes.requests import forget_cookie, origin, set_passing_cookie
from hub.access.routes.steps import OnwardForm, go_on, show_sign_in
from hub.desk import Services, ShownBy, SignedInVisitor
from hub.guard import PROVIDER_COOKIE, SESSION_COOKIE, local_path
from hub.navigation import home
from hub.pages import Pages

router = APIRouter()

Word = Annotated[str, FormField(max_length=2048)]


class GivenAnswer(BaseModel):
    """What an OpenID provider adds to the address; what else it adds is not looked at."""

    state: Word = ""
    code: Word = ""
    iss: Word = ""
    error: Word = ""


@router.post("/sign-in/provider")
@anyone()
def leave_to_sign_in(
    request: Request, form: Annotated[OnwardForm, Form()], services: Services, pages: ShownBy
) -> Response:
    """Lead to the identity provider."""
    try:
        outward = _provider(services).begin(local_path(form.next), form.kept)
    except ProviderUnavailableError as error:
        return show_sign_in(
            request, services, pages, next_path=form.next, kept=form.kept, problem=error.sentence, status=503
        )
    return _lead_out(outward, pages)


@router.post("/confirm/provider")
@requires(*Role)
def leave_to_confirm(
    request: Request, form: Annotated[OnwardForm, Form()], services: Services, visitor: SignedInVisitor, pages: ShownBy
) -> Response:
    """Lead to the identity provider, which asks once more who somebody is."""
    session, token = request.cookies[SESSION_COOKIE], visitor.form_token
    try:
        outward = _provider(services).begin(local_path(form.next), form.kept, session=session, form_token=token)
    except ProviderUnavailableError as error:
        return show_confirm(
            services, visitor, pages, next_path=form.next, kept=form.kept, problem=error.sentence, status=503
        )
    return _lead_out(outward, pages)


@router.get(ANSWER_PATH)
@anyone()
def take_answer(
    request: Request,
    services: Services,
    pages: ShownBy,
    given: Annotated[GivenAnswer, Query()],
) -> Response:
    """What the identity provider sends the browser back with; it counts once, and in the browser that left alone."""
    provider, token = _provider(services), request.cookies.get(PROVIDER_COOKIE, "")
    answer = Answer(given.code, given.iss, given.error)
    try:
        departure = provider.welcome(token, given.state)
    except ProviderRefusedError as refusal:
        return show_sign_in(request, services, pages, problem=refusal.sentence, status=401)
    if departure.session_hash is None:
        response = _sign_in(request, services, pages, departure, answer)
    else:
        response = _confirm(request, services, pages, departure, answer)
    forget_cookie(response, PROVIDER_COOKIE)
    return response


def _sign_in(request: Request, services: Services, pages: Pages, departure: Departure, answer: Answer) -> Response:
    onward = OnwardForm(csrf="", next=departure.next_path, kept=departure.kept)
    try:
        outcome = _provider(services).sign_in(request.cookies[PROVIDER_COOKIE], answer, origin(request))
    except (ProviderRefusedError, ProviderUnavailableError) as error:
        return show_sign_in(
            request,
            services,
            pages,
            next_path=onward.next,
            kept=onward.kept,
            problem=error.sentence,
            status=_status(error),
        )
    return go_on(outcome, onward, services, pages, lead=lambda path: _lead(pages, path))


def _confirm(request: Request, services: Services, pages: Pages, departure: Departure, answer: Answer) -> Response:
    # The cookie of the session has not come along from the other site; the departure knows the session.
    csrf = departure.form_token or ""
    try:
        operator = _provider(services).confirm(departure, request.cookies[PROVIDER_COOKIE], answer, origin(request))
    except (ProviderRefusedError, ProviderUnavailableError) as error:
        return pages.show(
            "confirm.html",
            None,
            _status(error),
            csrf=csrf,
            next=departure.next_path,
            kept=departure.kept,
            with_code=False,
            provider=_provider(services).settings.name,
            problem=error.sentence,
            back="/",
        )
    kept = services.access.kept_form(departure.kept, operator) if departure.kept else None
    if kept is not None:
        return pages.show("kept.html", None, csrf=csrf, kept=kept, back=home(operator), after="confirmation")
    return _lead(pages, departure.next_path or home(operator))


def _provider(services: Services) -> ProviderSignIns:
    if services.access.provider is None:
        raise ProviderRefusedError("This console is not set up for an identity provider. Sign in with your password.")
    return services.access.provider


def _status(error: Exception) -> int:
    return 503 if isinstance(error, ProviderUnavailableError) else 401


def _lead_out(outward: Outward, pages: Pages) -> Response:
    page = _lead(pages, outward.address)
    set_passing_cookie(page, PROVIDER_COOKIE, outward.token)
    return page


def _lead(pages: Pages, address: str) -> HTMLResponse:
    return pages.show("onward.html", None, address=address)
