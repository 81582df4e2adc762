"""The kiosk as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge_agent.kiosk.access import FormRefusedError, RoleMissingError, SignInNeededError, admit, visit_of
from edge_agent.kiosk.fence import HEADERS, Fence
from edge_agent.kiosk.intake import OtherStepError
from edge_agent.kiosk.pages import Pages
from edge_agent.kiosk.routes import ROUTERS
from edge_agent.kiosk.sentences import sentence
from edge_agent.kiosk.services import KioskServices
from faults import MisconfiguredError, MissingChildAlertError, RejectedError, UnavailableError

_MAX_FORM_BYTES: Final = 16 * 1024
_TICK_SECONDS: Final = 1.0
_STATUS: Final[dict[type[MissingChildAlertError], int]] = {
    FormRefusedError: 403,
    RoleMissingError: 403,
    RejectedError: 400,
    UnavailableError: 503,
    MisconfiguredError: 500,
}


def build_kiosk(services: KioskServices, *, port: int) -> FastAPI:
    """`port`: of the loopback address that it is served on, which every request must name."""
    kiosk = FastAPI(
        title="Missing Child Alert, a unit's screen",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admit)],
        lifespan=_living(services),
        max_body_size=_MAX_FORM_BYTES,
    )
    kiosk.state.services = services
    kiosk.state.pages = Pages()
    for router in ROUTERS:
        kiosk.include_router(router)
    kiosk.add_exception_handler(SignInNeededError, _on_sign_in_needed)
    kiosk.add_exception_handler(OtherStepError, _on_other_step)
    kiosk.add_exception_handler(MissingChildAlertError, _on_our_error)
    kiosk.add_exception_handler(RequestValidationError, _on_invalid_request)
    kiosk.add_exception_handler(HTTPException, _on_http_error)
    kiosk.add_exception_handler(Exception, _on_unexpected)
    kiosk.add_middleware(Fence, port=port)
    return kiosk


def _living(services: KioskServices) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Locks the screen by the clock, also when no page asks for anything any more."""

    async def lock_when_idle() -> None:
        while True:
            services.sessions.lock_if_idle()
            await asyncio.sleep(_TICK_SECONDS)

    @asynccontextmanager
    async def living(_kiosk: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            lock = tasks.create_task(lock_when_idle())
            yield
            lock.cancel()
        services.sessions.close()

    return living


def _on_sign_in_needed(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/sign-in", 303)


def _on_other_step(_request: Request, _error: Exception) -> Response:
    # Touched twice, or gone back: what there is to see and to do is at the step where the intake is.
    return RedirectResponse("/intake", 303)


def _on_our_error(request: Request, error: Exception) -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    return _problem(request, status, error)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    return _problem(request, 400, error)


def _on_http_error(_request: Request, _error: Exception) -> Response:
    # This browser has no address bar: whoever comes to a page that is not there is helped by the first one.
    return RedirectResponse("/", 303)


def _on_unexpected(request: Request, error: Exception) -> Response:
    # This answer leaves outside the fence; the error itself goes to the agent's log, without what was entered.
    known = hasattr(request.state, "session")
    answer = _problem(request, 500, error) if known else PlainTextResponse("Begin again.", 500)
    answer.headers.update(HEADERS)
    return answer


def _problem(request: Request, status: int, error: Exception) -> Response:
    visit = visit_of(request)
    return visit.show("problem.html", status, text=sentence(error, visit.language))
