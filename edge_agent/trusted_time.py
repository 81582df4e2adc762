"""The time a unit goes by. Its own clock may be wrong: a board without a battery boots in 1970."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

Milliseconds: TypeAlias = int
"""A moment in milliseconds since 1970 UTC."""

BUILT_AT: Final[Milliseconds] = 1_795_305_600_000
"""2026-11-22: when this version of the program was written. No unit that runs it can be earlier."""

_LIFETIME: Final[Milliseconds] = 10 * 365 * 86_400_000


def trusted_time(system: Milliseconds, last_trusted: Milliseconds) -> Milliseconds:
    """The latest of the system's clock, the last time that was trusted, and the time this program was made.

    A system clock later than ten years after that is broken and not believed: believing it once
    would move `last_trusted`, and with it every expiry, into the next century for good.
    """
    plausible = system if system < BUILT_AT + _LIFETIME else 0
    return max(plausible, last_trusted, BUILT_AT)


class TrustedClock:
    """`trusted_time` over a system clock; it never runs backwards while the program runs.

    Whoever has a disk keeps `now()` there and gives it back as `last_trusted` at the next start.
    """

    def __init__(self, system: Callable[[], Milliseconds], last_trusted: Milliseconds) -> None:
        """`system` reads the machine's clock."""
        self._system = system
        self._last = last_trusted

    def now(self) -> Milliseconds:
        """The trusted time."""
        self._last = trusted_time(self._system(), self._last)
        return self._last


def as_datetime(moment: Milliseconds) -> datetime:
    """The moment with its time zone (UTC)."""
    return datetime.fromtimestamp(moment / 1000, tz=UTC)


def as_day(moment: Milliseconds) -> date:
    """The day in UTC."""
    return as_datetime(moment).date()
