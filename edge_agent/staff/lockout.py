"""How long somebody has to wait after wrong PINs. Pure.

A wait is over when it has surely passed: by the count of milliseconds since the machine was switched on, or by what
the hub's signed time says. So neither a wrong clock nor switching the unit off and on makes one shorter, and none
lasts longer than LONGEST_WAIT of a unit that is on.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.trusted_time import HOUR, Milliseconds, Uptime
from protocol import cbor
from protocol.fields import Fields
from protocol.moment import Moment

FREE_ATTEMPTS: Final = 5
FIRST_WAIT: Final[Milliseconds] = 30_000
LONGEST_WAIT: Final[Milliseconds] = HOUR

SUSPICIOUS: Final = 10
"""Failures in a row from which on the desk is told that somebody may be guessing."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row, and when last. `latest`: surely not after this moment; None: nobody could tell."""

    count: int
    uptime: Uptime
    latest: Milliseconds | None

    def wait_left(self, now: Moment, uptime: Uptime) -> Milliseconds:
        """For how long the next attempt is not taken; 0: it is."""
        # Another count of uptime began after the attempt.
        passed = uptime.at - self.uptime.at if uptime.boot == self.uptime.boot else uptime.at
        if self.latest is not None:
            passed = max(passed, now.earliest - self.latest)
        return max(wait_after(self.count) - passed, 0)

    def to_value(self) -> cbor.Value:
        """For the unit's own disk."""
        return {"count": self.count, "boot": self.uptime.boot, "uptime": self.uptime.at, "latest": self.latest}

    @classmethod
    def read(cls, fields: Fields) -> "Failures":
        """Raises FieldError."""
        return cls(
            count=fields.integer("count", low=1),
            uptime=Uptime(fields.integer("boot"), fields.integer("uptime")),
            latest=fields.milliseconds("latest") if fields.has("latest") else None,
        )


def wait_after(failures: int) -> Milliseconds:
    """The wait that so many failures in a row bring."""
    if failures < FREE_ATTEMPTS:
        return 0
    # Shifted by a bounded number: a count may become large.
    return min(FIRST_WAIT << min(failures - FREE_ATTEMPTS, 20), LONGEST_WAIT)
