"""The periods that tables are of. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from faults import RejectedError
from hub.clock import SECOND, moment


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

    def neighbour(self, step: int) -> str:
        """A month of the period that is so many before (negative) or behind this one."""
        first = self.first + step * self.length
        return f"{first // 12:04}-{first % 12 + 1:02}"

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
