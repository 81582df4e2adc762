"""The table of one period, from what the rooms know."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from faults import RejectedError
from hub.clock import SECOND, moment
from hub.statistics.model import Facts, Row
from hub.statistics.table import tabulate
from protocol.person import AgeBand, Sex

if TYPE_CHECKING:
    from hub.bootstrap import Services


class PeriodError(RejectedError):
    """What was named is no month, or the table of its period may not be handed out yet."""


@dataclass(frozen=True, slots=True)
class Period:
    """`length` months of the desk's `zone` from the month number `first` on, counted from January of the year 0.

    The periods of one length follow each other from January on and never overlap: the table of one could be
    subtracted from that of another.
    """

    first: int
    length: int
    zone: tzinfo

    def months(self) -> list[str]:
        """Each month as YYYY-MM."""
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(self.first, self.first + self.length)]

    def bounds(self) -> tuple[int, int]:
        """The first moment and the first one after, in milliseconds since 1970."""
        return self._begin(self.first), self._begin(self.first + self.length)

    def month_of(self, at: int) -> str:
        """The month of a moment as YYYY-MM."""
        return month_at(at, self.zone)

    def has_ended(self, now: int) -> bool:
        """Whether nothing more is received in it."""
        return now >= self.bounds()[1]

    def _begin(self, number: int) -> int:
        return round(datetime(number // 12, number % 12 + 1, 1, tzinfo=self.zone).timestamp()) * SECOND


def month_at(at: int, zone: tzinfo) -> str:
    """The month of a moment in a zone, as YYYY-MM."""
    return moment(at).astimezone(zone).strftime("%Y-%m")


def period_around(month: str, length: int, zone: tzinfo) -> Period:
    """The period in which a month lies, given as YYYY-MM. `length` divides 12. Raises PeriodError."""
    written = re.fullmatch("(2[0-9]{3})-(0[1-9]|1[0-2])", month, re.ASCII)
    if written is None:
        raise PeriodError("Write a month as YYYY-MM, such as 2026-03.")
    number = int(written[1]) * 12 + int(written[2]) - 1
    return Period(number - number % length, length, zone)


def statistics(services: "Services", connection: Connection, period: Period) -> list[Row]:
    """The total and each group of each breakdown, small numbers withheld."""
    start, end = period.bounds()
    intakes = tuple(services.sightings.facts(connection, start, end))
    facts = Facts(
        intakes,
        tuple(services.review.facts(connection, start)),
        services.dispatch.alerted_reviews(connection, start),
        services.dispatch.acknowledged_reviews(connection, start),
    )
    sites = sorted({intake.site for intake in intakes} | {unit.site for unit in services.fleet.units(connection)})
    groups: dict[str, Sequence[str]] = {
        "month": period.months(),
        "site": sites,
        "sex": list(Sex),
        "age band": list(AgeBand),
    }
    return tabulate(facts, groups, period.month_of)
