"""The table of some months, from what the rooms know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from faults import RejectedError
from hub.clock import moment
from hub.statistics.model import Facts, Row
from hub.statistics.table import tabulate
from protocol.person import AgeBand, Sex

if TYPE_CHECKING:
    from hub.bootstrap import Services


class PeriodError(RejectedError):
    """The months of a table are not months, or end before they begin."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months in UTC, the first and the last included, as (year, month)."""

    first: tuple[int, int]
    last: tuple[int, int]

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodError("The period ends before it begins.")

    def months(self) -> list[str]:
        """Each month as YYYY-MM."""
        numbers = range(_ordinal(self.first), _ordinal(self.last) + 1)
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]

    def bounds(self) -> tuple[int, int]:
        """The first moment and the first one after, in milliseconds since 1970."""
        after = _ordinal(self.last) + 1
        return _begin(*self.first), _begin(after // 12, after % 12 + 1)


def parse_period(first: str, last: str) -> Period:
    """From two months as YYYY-MM. Raises PeriodError."""
    try:
        begin, end = datetime.strptime(first, "%Y-%m"), datetime.strptime(last, "%Y-%m")  # noqa: DTZ007  Months alone.
    except ValueError:
        raise PeriodError("Write months as YYYY-MM, such as 2026-03.") from None
    return Period((begin.year, begin.month), (end.year, end.month))


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
    return tabulate(facts, groups, lambda at: f"{moment(at):%Y-%m}")


def _ordinal(month: tuple[int, int]) -> int:
    return month[0] * 12 + month[1] - 1


def _begin(year: int, month: int) -> int:
    return round(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)
