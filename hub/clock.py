"""Time as the hub passes it around: whole milliseconds since 1970 UTC, from a clock that is an argument."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from faults import UnavailableError

Clock: TypeAlias = Callable[[], int]

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


# 2025 and 2060. Outside of them a clock was never set, or is broken.
_EARLIEST: Final = 1_735_689_600_000
_LATEST: Final = 2_840_140_800_000


class ClockError(UnavailableError):
    """The clock of the hub's machine says something impossible, so that nothing can be dated."""


def system_clock() -> int:
    """The machine's own clock. Raises ClockError when it cannot be right.

    A case that is registered in 1970 would be listed until the spring of 1970, and what is signed in 2099 holds
    until then. So work that needs the time waits for the right one, as it does for the database.
    """
    now = time.time_ns() // 1_000_000
    if not _EARLIEST <= now < _LATEST:
        raise ClockError(f"The clock of this machine says {utc_day(now)}. Set it; nothing was lost meanwhile.")
    return now


def moment(at: int) -> datetime:
    """As an aware datetime in UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC)


def utc_day(at: int) -> date:
    """The calendar day in UTC."""
    return moment(at).date()


def month_start(at: int) -> int:
    """The first moment of the calendar month in UTC."""
    day = moment(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return round(day.timestamp()) * SECOND
