"""What every route of the console stands on: the services, the pages, and who is asking."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from hub.access.service import AccessService, SigningIn, Visitor
from hub.cases.service import CaseService
from hub.clock import Clock
from hub.db import Database
from hub.dispatch.service import DispatchService
from hub.erasure.service import ErasureService
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.matching.service import RegisterMatches
from hub.pages import Pages
from hub.review.service import ReviewService


@dataclass(frozen=True, slots=True)
class RegisterRooms:
    """The rooms of the two registers."""

    cases: CaseService
    matches: RegisterMatches
    exchange: ExchangeService
    erasure: ErasureService


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """The rooms behind the console's pages. `reply_secret`: of the gateway that hands on replies; empty: none."""

    database: Database
    clock: Clock
    access: AccessService
    review: ReviewService
    dispatch: DispatchService
    fleet: FleetService
    register: RegisterRooms
    reply_secret: str = ""


class ConsoleForm(BaseModel):
    """Any form of the console. The guard has checked `csrf` before a route sees it."""

    model_config = ConfigDict(extra="forbid")

    csrf: str


def _services(request: Request) -> ConsoleServices:
    return cast(ConsoleServices, request.app.state.services)


def _pages(request: Request) -> Pages:
    return cast(Pages, request.app.state.pages)


def _visitor(request: Request) -> Visitor:
    return cast(Visitor, request.state.visitor)


def _signing_in(request: Request) -> SigningIn:
    return cast(SigningIn, request.state.signing_in)


Services = Annotated[ConsoleServices, Depends(_services)]
ShownBy = Annotated[Pages, Depends(_pages)]
SignedInVisitor = Annotated[Visitor, Depends(_visitor)]
HalfVisitor = Annotated[SigningIn, Depends(_signing_in)]
