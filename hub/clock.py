"""Time as the hub passes it around: whole milliseconds since 1970 UTC, from a clock that is an argument."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
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
        raise ClockError("The clock of this machine says {now}. Set it; nothing was lost meanwhile.", now=utc_day(now))
    return now


def counted() -> int:
    """Milliseconds that this machine has counted since it was switched on, whatever its clock says."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SteadyClock:
    """A clock that believes a leap ahead only when it has lasted for an hour, by the machine's own count.

    For what ends with a day: one second of next year must take no child from the lists. It follows a clock that is
    set back at once, and one that is set ahead while it does not run.
    """

    def __init__(self, clock: Clock, count: Callable[[], int] = counted) -> None:
        """`clock` is believed now."""
        self._clock = clock
        self._count = count
        self._believed = clock(), count()
        self._leapt: int | None = None  # when the leap was seen, by the count
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """Milliseconds since 1970 UTC. Raises what the clock does."""
        with self._lock:
            now, count = self._clock(), self._count()
            at, since = self._believed
            expected = at + count - since
            if now - expected <= HOUR:
                self._leapt = None
            elif self._leapt is None or count - self._leapt < HOUR:
                self._leapt = count if self._leapt is None else self._leapt
                return expected
            self._believed = now, count
            return now


def moment(at: int) -> datetime:
    """As an aware datetime in UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC)


def latest_day(at: int) -> date:
    """The calendar day where it is latest, UTC+14: what lies in the future there does so everywhere."""
    return utc_day(at + 14 * HOUR)


def utc_day(at: int) -> date:
    """The calendar day in UTC."""
    return moment(at).date()


def month_start(at: int, zone: tzinfo) -> int:
    """The first moment of a moment's calendar month in a zone."""
    day = moment(at).astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return round(day.timestamp()) * SECOND
