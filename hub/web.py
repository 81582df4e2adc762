"""The console for people: pages over HTTPS, each behind the guard, one script of our own, no foreign request."""

from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faults import MisconfiguredError, MissingChildAlertError, RejectedError, Sentence, UnavailableError
from hub import pages
from hub.access.routes import ROUTERS as ACCESS_ROUTERS
from hub.access.routes.account import ask_for_confirmation
from hub.access.routes.steps import ask_for_sign_in
from hub.access.service import (
    ConfirmationNeededError,
    FormTokenError,
    NotPermittedError,
    OwnAccountError,
    SignInNeededError,
    UnknownOperatorError,
    Visitor,
)
from hub.cases.routes import ROUTERS as CASE_ROUTERS
from hub.cases.service import UnknownCaseError
from hub.desk import ConsoleServices, pages_for
from hub.dispatch.routes import ROUTERS as DISPATCH_ROUTERS
from hub.dispatch.service import AlertStageError, ReplySecretError, UnknownAlertError, UnknownTokenError
from hub.erasure import routes as erasure_routes
from hub.fleet import routes as fleet_routes
from hub.found import routes as found_routes
from hub.found.service import FoundStageError, UnknownFoundChildError
from hub.guard import Guard
from hub.health import router as health_router
from hub.review import routes as review_routes
from hub.review.service import (
    AlreadyAnsweredError,
    AlreadyDecidedError,
    FacesWithheldError,
    TakenError,
    UnknownReviewError,
)
from hub.staff import routes as staff_routes
from hub.staff.service import StaffError, UnknownStaffError
from hub.statistics import routes as statistics_routes

__all__ = ["ROUTERS", "ConsoleServices", "build_console"]

ROUTERS: Final = (
    *ACCESS_ROUTERS,
    *CASE_ROUTERS,
    review_routes.router,
    erasure_routes.router,
    *DISPATCH_ROUTERS,
    fleet_routes.router,
    found_routes.router,
    staff_routes.router,
    statistics_routes.router,
    pages.router,
    health_router,
)

_MAX_FORM_BYTES: Final = 64 * 1024
_MAX_UPLOAD_BYTES: Final = 64 * 1024 * 1024

_HTML: Final = b"text/html; charset=utf-8"

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
        " form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_STATUS: Final[dict[type[MissingChildAlertError], int]] = {
    AlertStageError: 409,
    AlreadyAnsweredError: 409,
    AlreadyDecidedError: 409,
    FacesWithheldError: 403,
    FormTokenError: 403,
    FoundStageError: 409,
    NotPermittedError: 403,
    OwnAccountError: 403,
    ReplySecretError: 403,
    StaffError: 409,
    TakenError: 409,
    UnknownAlertError: 404,
    UnknownCaseError: 404,
    UnknownFoundChildError: 404,
    UnknownOperatorError: 404,
    UnknownReviewError: 404,
    UnknownStaffError: 404,
    UnknownTokenError: 404,
    RejectedError: 400,
    UnavailableError: 503,
    MisconfiguredError: 500,
}

_TITLES: Final = {
    400: Sentence("That did not work"),
    403: Sentence("Not open to you"),
    404: Sentence("Nothing here"),
    405: Sentence("That did not work"),
    409: Sentence("Not yours to answer now"),
    413: Sentence("Too large"),
    503: Sentence("The hub cannot do this just now"),
}


def build_console(services: ConsoleServices) -> FastAPI:
    """The console as an ASGI application. It makes no thread and opens nothing."""
    console = _Console(
        title="Missing Child Alert",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # A redirection to an address without its last stroke would name whatever host the request names.
        redirect_slashes=False,
        dependencies=[Depends(Guard(services.access))],
        max_body_size=_MAX_FORM_BYTES,
    )
    # A photograph that is handed in is held in memory: in a temporary file it would lie on the disk in plain.
    MultiPartParser.spool_max_size = _MAX_UPLOAD_BYTES
    console.state.services = services
    console.state.pages = pages.in_each_language(services.zone)
    for router in ROUTERS:
        console.include_router(router)
    console.add_exception_handler(SignInNeededError, _on_sign_in_needed)
    console.add_exception_handler(ConfirmationNeededError, _on_confirmation_needed)
    console.add_exception_handler(MissingChildAlertError, _on_our_error)
    console.add_exception_handler(RequestValidationError, _on_invalid_request)
    console.add_exception_handler(HTTPException, _on_http_error)
    console.add_exception_handler(Exception, _on_unexpected)
    console.add_middleware(SecurityHeaders)
    return console


class SecurityHeaders:
    """Adds what a browser needs to know to every response. Nothing is stored unless a route says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_headers(message["headers"])
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _Console(FastAPI):
    """Answers a body that is too large with a page: the limit stands around all middleware and says a bare line."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        shown = False

        async def send_page(message: Message) -> None:
            nonlocal shown
            if message["type"] == "http.response.start" and message["status"] == 413 and not _is_page(message):
                shown = True
                await _too_large(Request(scope))(scope, receive, send)
            elif not shown:
                await send(message)

        await super().__call__(scope, receive, send_page)


def _is_page(message: Message) -> bool:
    return (b"content-type", _HTML) in message["headers"]


def _too_large(request: Request) -> Response:
    text = Sentence("Nothing was recorded: this is more than the hub takes at once. Go back and send less.")
    return _outside(_message(request, 413, text))


def _with_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    wanted = {**_HEADERS, "Cache-Control": "no-store"}.items()
    added = [(name.lower().encode(), value.encode()) for name, value in wanted if name.lower().encode() not in there]
    return [*headers, *added]


def _on_sign_in_needed(request: Request, error: Exception) -> Response:
    if not isinstance(error, SignInNeededError):
        raise error
    return ask_for_sign_in(request, request.app.state.services, pages_for(request), error)


def _on_confirmation_needed(request: Request, error: Exception) -> Response:
    if not isinstance(error, ConfirmationNeededError):
        raise error
    return ask_for_confirmation(request.app.state.services, request.state.visitor, pages_for(request), error)


def _on_our_error(request: Request, error: Exception) -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    return _message(request, status, error.sentence if isinstance(error, MissingChildAlertError) else "")


def _on_invalid_request(request: Request, _error: Exception) -> Response:
    return _message(
        request, 400, Sentence("Something was missing or not as it should be. Go back, check the form and send it.")
    )


def _on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _message(
        request, status, Sentence("There is no such page. Use the links at the top.") if status == 404 else ""
    )


def _on_unexpected(request: Request, _error: Exception) -> Response:
    # The error itself goes to the server's log.
    return _outside(_message(request, 500, ""))


def _outside(response: Response) -> Response:
    """An answer that leaves outside the middleware."""
    response.headers.update({**_HEADERS, "Cache-Control": "no-store"})
    return response


def _message(request: Request, status: int, text: str) -> Response:
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    text = text or Sentence("Nothing was recorded. Try again; if it happens again, tell the technician of your desk.")
    title = _TITLES.get(status, Sentence("Something went wrong"))
    return pages_for(request).show("message.html", visitor, status, title=title, text=text)
