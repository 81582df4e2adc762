"""The time a unit goes by. Its own clock may be wrong: a board without a battery boots in 1970, a broken one in 2099.

What is known for certain comes from the hub's signatures and from counting milliseconds since the board was switched
on; the machine's own clock is a guess. docs/adr/0087-what-time-it-is.md has the reasoning.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from protocol.moment import Moment

Milliseconds: TypeAlias = int
"""A moment in milliseconds since 1970 UTC, or a length of time."""

HOUR: Final[Milliseconds] = 3_600_000
DAY: Final[Milliseconds] = 24 * HOUR

BUILT_AT: Final[Milliseconds] = 1_795_305_600_000
"""2026-11-22: when this version of the program was written. No unit that runs it can be earlier."""

LONGEST_ABSENCE: Final[Milliseconds] = 366 * DAY
"""How far ahead of all that is known the machine's clock is believed. Longer, and certificates have ended anyway."""

LONGEST_ROUND_TRIP: Final[Milliseconds] = 60_000
"""An answer of the hub that took longer says only that it is not earlier."""

_DRIFT: Final = 2e-4  # Ten times what an ordinary crystal is wrong by in the heat of a summer: 17 s in a day.
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Uptime:
    """Milliseconds since the machine was switched on, sleep included; `boot` tells one such count from the next."""

    boot: int
    at: Milliseconds


@dataclass(frozen=True, slots=True)
class Agreed:
    """What two answers of the hub agree on: one alone, by a clock that is wrong for a minute, must destroy nothing."""

    floor: Milliseconds = BUILT_AT  # by both of them it is this or later
    told: Milliseconds = BUILT_AT  # the same by the answer that another has to bear out
    counted: Milliseconds = HOUR  # of uptime since that answer; anything bears out when the program was written

    def after(self, elapsed: Milliseconds) -> "Agreed":
        """The same when the machine has counted on."""
        surely = elapsed - round(elapsed * _DRIFT)
        return Agreed(self.floor + surely, self.told + surely, self.counted + elapsed)

    def heard(self, hub: Milliseconds) -> "Agreed":
        """After another answer: it bears out the one before if an hour was counted in between.

        Where it contradicts that one, it takes its place: the next one says which of them was wrong.
        """
        floor = min(self.floor, hub)
        if hub < self.told - LONGEST_ROUND_TRIP:
            return Agreed(floor, hub, 0)
        if self.counted < HOUR:
            return replace(self, floor=floor)
        return Agreed(max(floor, min(self.told, hub)), hub, 0)


@dataclass(frozen=True, slots=True)
class KnownTime:
    """What was known of the time when `uptime` was read, as a unit keeps it on its disk.

    It was surely `floor` or later. `error`: the floor is the lower end of an interval of twice this length, by the
    hub's answer; None where it has not answered since the machine was switched on. `guess`: what the unit went by
    then, which may be the machine's clock.
    """

    floor: Milliseconds
    error: Milliseconds | None
    guess: Milliseconds
    uptime: Uptime
    agreed: Agreed = Agreed()

    @classmethod
    def nothing(cls) -> "KnownTime":
        """Of a new unit."""
        return cls(BUILT_AT, None, BUILT_AT, Uptime(-1, 0))

    def in_boot(self, boot: int) -> "KnownTime":
        """The same after the machine was switched on again: all of it was known before that."""
        return self if self.uptime.boot == boot else replace(self, error=None, uptime=Uptime(boot, 0))


class TrustedClock:
    """Now, with its uncertainty. Its methods may be called from any thread; one process at a time corrects it.

    Whoever has a disk keeps `known()` there and gives it back at the next start.
    """

    def __init__(self, system: Callable[[], Milliseconds], uptime: Callable[[], Uptime], known: KnownTime) -> None:
        """`system` reads the machine's clock, `uptime` the count since it was switched on."""
        self._system = system
        self._uptime = uptime
        self._known = known.in_boot(uptime().boot)

    def moment(self) -> Moment:
        """Now: the best estimate, and what it surely lies between."""
        known = self._known
        elapsed = max(self._uptime().at - known.uptime.at, 0)
        drift = round(elapsed * _DRIFT)
        earliest = max(known.floor + elapsed - drift, BUILT_AT)
        if known.error is not None:
            middle = max(known.floor + known.error + elapsed, earliest)
            return Moment(middle, earliest, middle + known.error + drift)
        guess = max(known.guess + elapsed, earliest)
        system = self._system()
        if guess < system <= guess + LONGEST_ABSENCE:
            guess = system
            # Believed once, it is not given up for an earlier one: a clock that is set back revives nothing.
            self._known = replace(known, guess=guess - elapsed)
        return Moment(guess, earliest, None)

    def now(self) -> Milliseconds:
        """The best estimate. It steps back when the hub corrects it: no interval may be measured with it."""
        return self.moment().at

    def moment_of(self, at: Milliseconds) -> Moment:
        """A moment that `now` gave a little while ago, with its uncertainty."""
        now = self.moment()
        return Moment(
            at,
            min(max(now.earliest + at - now.at, BUILT_AT), at),
            None if now.latest is None else max(now.latest + at - now.at, at),
        )

    def destroyable_before(self) -> Milliseconds:
        """What had to be gone by this moment may be destroyed: two answers of the hub agree that it has passed."""
        return self._agreed().floor

    def surely_after(self, moment: Milliseconds) -> bool:
        """Whether two answers of the hub agree that `moment` has passed."""
        return self.destroyable_before() > moment

    def possibly_after(self, moment: Milliseconds) -> bool:
        """Whether `moment` may have passed."""
        latest = self.moment().latest
        return latest is None or latest > moment

    def uptime(self) -> Uptime:
        """Of this machine, to remember when a question was put to the hub."""
        return self._uptime()

    def known(self) -> KnownTime:
        """What to keep for the next start, and for the unit's other processes."""
        now, up = self.moment(), self._uptime()
        error = None if now.latest is None else (now.latest - now.earliest) // 2
        return KnownTime(now.earliest, error, now.at, up, self._agreed())

    def not_before(self, signed: Milliseconds) -> None:
        """Learn that the hub signed something at `signed`, whenever it came.

        What is more than LONGEST_ABSENCE ahead is left for the hub's fresh answer to say.
        """
        now = self.moment()
        if not now.earliest < signed <= now.at + LONGEST_ABSENCE:
            return
        # Later than its last answer allows: the hub's clock was set, and its next answer says how it stands.
        certain = now.latest is not None and signed <= now.latest
        error = (now.latest - signed) // 2 if certain and now.latest is not None else None
        self._known = KnownTime(signed, error, max(now.at, signed), self._uptime(), self._agreed())

    def synchronise(self, hub: Milliseconds, asked: Uptime) -> bool:
        """Take the hub's clock from its answer to a question that was put at `asked`; whether it could be taken.

        The answer corrects everything, also what was thought to be certain: the hub's clock may have been wrong.
        """
        up = self._uptime()
        trip = up.at - asked.at
        if up.boot != asked.boot or not 0 <= trip <= LONGEST_ROUND_TRIP:
            self.not_before(hub)
            return False
        self._known = KnownTime(hub, -(-trip // 2), hub + trip // 2, up, self._agreed().heard(hub))
        return True

    def _agreed(self) -> Agreed:
        elapsed = max(self._uptime().at - self._known.uptime.at, 0)
        return self._known.agreed.after(elapsed)


def system_milliseconds() -> Milliseconds:
    """The machine's own clock."""
    return time.time_ns() // 1_000_000


def machine_uptime() -> Uptime:
    """Linux's count since this machine was switched on, the same in every process."""
    boot = int(_BOOT_ID.read_text().replace("-", "")[:12], 16)
    return Uptime(boot, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)


def as_datetime(moment: Milliseconds) -> datetime:
    """The moment with its time zone (UTC)."""
    return datetime.fromtimestamp(moment / 1000, tz=UTC)


def as_day(moment: Milliseconds) -> date:
    """The day in UTC."""
    return as_datetime(moment).date()
