"""The one gate before every page: who is signed in, and whether a form is really this screen's.

A route is closed to whoever has not signed in unless it says otherwise, so that none can be forgotten.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Final, ParamSpec, TypeVar, cast

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from edge_agent.kiosk.pages import Pages
from edge_agent.kiosk.services import KioskServices
from edge_agent.kiosk.sessions import Session
from edge_agent.staff.desk import Member
from faults import RejectedError
from protocol.basis import Language

COOKIE: Final = "mca-kiosk"
_SAFE: Final = frozenset({"GET", "HEAD"})
_OPEN, _PASSIVE, _ROLE = "__kiosk_open__", "__kiosk_passive__", "__kiosk_role__"

P = ParamSpec("P")
R = TypeVar("R")


class SignInNeededError(RejectedError):
    """Nobody is signed in, or the screen has locked itself."""


class FormRefusedError(RejectedError):
    """A form did not come from a page of this screen."""


class RoleMissingError(RejectedError):
    """The hub has not given this person the role."""


def open_to_all(route: Callable[P, R]) -> Callable[P, R]:
    """This route is for whoever stands before the screen."""
    setattr(route, _OPEN, True)
    return route


def passive(route: Callable[P, R]) -> Callable[P, R]:
    """This route is asked by the page's script: it does not keep the screen from locking."""
    setattr(route, _PASSIVE, True)
    return route


def for_role(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """This route is for staff with one of these roles."""

    def declare(route: Callable[P, R]) -> Callable[P, R]:
        setattr(route, _ROLE, frozenset(roles))
        return route

    return declare


async def admit(request: Request) -> AsyncIterator[None]:
    """A dependency of the whole kiosk, which leaves the session in `request.state.session`.

    It holds nothing itself: FastAPI remembers dependencies for as long as the process lives.
    Raises SignInNeededError, RoleMissingError or FormRefusedError.
    """
    form = FormData() if request.method in _SAFE else await request.form()
    try:
        await _admit(request, form)
        yield
    finally:
        await form.close()


async def _admit(request: Request, form: FormData) -> None:
    services = services_of(request)
    sessions, route = services.sessions, request.scope.get("endpoint")
    session = sessions.find(request.cookies.get(COOKIE, "")) or sessions.welcome()
    request.state.session = session  # Also for the page that a refusal shows.
    polled = getattr(route, _PASSIVE, False)
    if session.member is not None and not polled:
        await _renew(services, session, session.member)
    if session.member is None and not getattr(route, _OPEN, False):
        raise SignInNeededError("Sign in first.")
    roles: frozenset[str] | None = getattr(route, _ROLE, None)
    if roles is not None and (session.member is None or roles.isdisjoint(session.member.roles)):
        raise RoleMissingError("Your account does not include this. Ask the technician if it should.")
    if request.method not in _SAFE and not session.owns(str(form.get("csrf", ""))):
        raise FormRefusedError("This page is no longer current. Begin again.")
    if not polled:
        sessions.touch(session)


async def _renew(services: KioskServices, session: Session, member: Member) -> None:
    """With the roles that the hub gives this person now; somebody who was suspended is signed out."""
    session.member = await services.worker.do(services.staff.current, member.id)
    if session.member is None:
        services.sessions.sign_out(session)


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One request of somebody at the screen: who, in which language, and how to answer."""

    request: Request
    session: Session
    services: KioskServices
    pages: Pages

    @property
    def member(self) -> Member:
        """Who is signed in. Raises SignInNeededError."""
        if self.session.member is None:
            raise SignInNeededError("Sign in first.")
        return self.session.member

    @property
    def language(self) -> Language:
        """Of staff's own pages."""
        return self.session.language

    def show(
        self, template: str, status: int = 200, *, speaking: Language | None = None, **content: object
    ) -> HTMLResponse:
        """A page, in the session's language or another; its base template finds session and lock time here."""
        page = self.pages.show(
            template,
            speaking or self.language,
            status,
            session=self.session,
            lock_after=round(self.services.sessions.seconds_left(self.session)),
            **content,
        )
        page.set_cookie(COOKIE, self.session.token, httponly=True, samesite="strict", path="/")
        return page


def visit_of(request: Request) -> Visit:
    """For routes as `Visiting`, and for the pages of errors."""
    session, pages = cast(Session, request.state.session), cast(Pages, request.app.state.pages)
    return Visit(request, session, services_of(request), pages)


def services_of(request: Request) -> KioskServices:
    """What the kiosk was built with."""
    return cast(KioskServices, request.app.state.services)


Visiting = Annotated[Visit, Depends(visit_of)]
