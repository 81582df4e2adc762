"""Time as the hub passes it around: whole milliseconds since 1970 UTC, from a clock that is an argument."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], int]

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def system_clock() -> int:
    """The machine's own clock."""
    return time.time_ns() // 1_000_000


def moment(at: int) -> datetime:
    """As an aware datetime in UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC)


def utc_day(at: int) -> date:
    """The calendar day in UTC."""
    return moment(at).date()
