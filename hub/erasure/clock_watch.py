"""Whether the hub's clock may be trusted to destroy by.

A clock that leapt ahead would end everything at once. After a leap nothing is destroyed until it has gone evenly for
a whole day, in which somebody can set it right: docs/adr/0156-destroying-by-a-clock.md.
"""

from collections.abc import Callable
from typing import Final

import structlog

from hub.audit.service import AuditAction, record
from hub.clock import DAY, MINUTE, Clock
from hub.db import Database
from hub.erasure import clock_store as store
from protocol.ids import HubId

LEAP: Final = 2 * DAY
"""Further from the last look no hub is that ran meanwhile: it looks once a minute."""

PATIENCE: Final = DAY

_UNEVEN: Final = 5 * MINUTE
_log = structlog.get_logger()


class ClockWatch:
    """Looks at the clock each time before something is destroyed."""

    def __init__(self, database: Database, clock: Clock, monotonic: Callable[[], float], *, hub: HubId) -> None:
        """`monotonic`: seconds that go evenly while this process runs."""
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._hub = hub
        self._since: tuple[int, float] | None = None  # the clock and the seconds when the leap was seen

    def may_destroy(self) -> bool:
        """Whether the clock has not leapt of late. Raises DatabaseUnavailableError or ClockError."""
        now, seconds = self._clock(), self._monotonic()
        with self._database.begin() as connection:
            known = store.even_until(connection)
            if known is None or abs(now - known) <= LEAP or self._is_over(now, seconds):
                store.note_even(connection, now)
                self._since = None
                return True
            if self._since is None:
                self._since = now, seconds
                hub, action = self._hub, AuditAction.RETENTION_STOPPED
                record(connection, action, actor=hub, subject=hub, at=now, reason="clock-leapt")
                _log.error("retention.clock-leapt", hours=round((now - known) / (60 * MINUTE)))
        return False

    def _is_over(self, now: int, seconds: float) -> bool:
        """Whether the clock has gone evenly for long enough since it leapt; one that leaps again begins anew."""
        if self._since is None:
            return False
        at, then = self._since
        passed = round((seconds - then) * 1000)
        if abs((now - at) - passed) > _UNEVEN:
            self._since = now, seconds
            return False
        return passed >= PATIENCE
