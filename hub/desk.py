"""What every route of the console stands on: the services, the pages, and who is asking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from hub.access.service import AccessService, SigningIn, Visitor
from hub.cases.service import CaseService
from hub.clock import Clock
from hub.db import Database
from hub.dispatch.service import DispatchService
from hub.erasure.service import ErasureService
from hub.erasure.wiring import IntakeEnds
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.found.service import FoundService
from hub.guard import LANGUAGE_COOKIE
from hub.languages import LANGUAGES, chosen
from hub.matching.service import RegisterMatches
from hub.pages import Pages
from hub.review.service import ReviewService
from hub.staff.service import StaffService
from hub.statistics.service import StatisticsService


@dataclass(frozen=True, slots=True)
class RegisterRooms:
    """The rooms of the two registers."""

    cases: CaseService
    matches: RegisterMatches
    exchange: ExchangeService
    erasure: ErasureService
    intakes: IntakeEnds


@dataclass(frozen=True, slots=True)
class SiteRooms:
    """The rooms of sites: who works there, and whom they registered as found."""

    staff: StaffService
    found: FoundService


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """The rooms behind the console's pages. `reply_secret`: of the gateway that hands on replies; empty: none.

    `zone`: of the desk, in which its pages show times.
    """

    database: Database
    clock: Clock
    access: AccessService
    review: ReviewService
    dispatch: DispatchService
    fleet: FleetService
    register: RegisterRooms
    sites: SiteRooms
    statistics: StatisticsService
    reply_secret: str = ""
    zone: tzinfo = UTC


class ConsoleForm(BaseModel):
    """Any form of the console. The guard has checked `csrf` before a route sees it."""

    model_config = ConfigDict(extra="forbid")

    csrf: str

    @field_validator("*", mode="before")
    @classmethod
    def _break_lines_plainly(cls, value: object) -> object:
        # Browsers count a line break as one letter and send two: what just fits would be refused.
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _services(request: Request) -> ConsoleServices:
    return cast(ConsoleServices, request.app.state.services)


def pages_for(request: Request) -> Pages:
    """The pages in the language of whoever asks."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    signing_in: SigningIn | None = getattr(request.state, "signing_in", None)
    known = visitor or signing_in
    wish = None if known is None else known.operator.language
    code = chosen(wish, request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))
    return _in_each_language(request)[code]


def _in_each_language(request: Request) -> Mapping[str, Pages]:
    return cast(Mapping[str, Pages], request.app.state.pages)


def _visitor(request: Request) -> Visitor:
    return cast(Visitor, request.state.visitor)


def _signing_in(request: Request) -> SigningIn:
    return cast(SigningIn, request.state.signing_in)


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError("is no language of the console")
    return code


KnownLanguage = Annotated[str, AfterValidator(_known_language)]
Services = Annotated[ConsoleServices, Depends(_services)]
ShownBy = Annotated[Pages, Depends(pages_for)]
EachLanguage = Annotated[Mapping[str, Pages], Depends(_in_each_language)]
SignedInVisitor = Annotated[Visitor, Depends(_visitor)]
HalfVisitor = Annotated[SigningIn, Depends(_signing_in)]
