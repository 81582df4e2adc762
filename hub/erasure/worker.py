"""Retention as a part of the running hub: it ends what is kept for too long, and sees every erasure through."""

import threading
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from faults import UnavailableError
from hub.clock import MINUTE, Clock

_LOOK_SECONDS: Final = 5.0

_log = structlog.get_logger()


class Ending(Protocol):
    """Something whose time ends. Both raise DatabaseUnavailableError."""

    def expire_due(self) -> int:
        """End what is kept for longer than it may be; how many that were."""


class Following(Protocol):
    """Something that is not erased everywhere at once."""

    def follow_up(self, *, by_clock: bool) -> int:
        """Look at what is outstanding; how many erasures are not complete yet. Raises DatabaseUnavailableError.

        `by_clock`: whether what ends with time may end now.
        """


class Watch(Protocol):
    """Whoever knows whether time can be trusted."""

    def may_destroy(self) -> bool:
        """Whether the clock may be destroyed by. Raises DatabaseUnavailableError or ClockError."""


class RetentionWorker:
    """Looks for what is due once a minute of the hub's clock, so that a clock that leaps is noticed."""

    def __init__(self, endings: Sequence[Ending], following: Sequence[Following], watch: Watch, clock: Clock) -> None:
        self._endings = endings
        self._following = following
        self._watch = watch
        self._clock = clock
        self._looked_at = 0
        self._may_destroy = False

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while True:
            try:
                self.work()
            except UnavailableError as error:
                _log.warning("retention.waits", reason=type(error).__name__)
            if stop.wait(_LOOK_SECONDS):
                return

    def work(self) -> None:
        """End what is due, and look at what is outstanding. Raises DatabaseUnavailableError."""
        now = self._clock()
        if abs(now - self._looked_at) >= MINUTE:
            self._may_destroy = self._watch.may_destroy()
            ended = sum(one.expire_due() for one in self._endings) if self._may_destroy else 0
            self._looked_at = now
            if ended:
                _log.info("retention.ended", things=ended)
        for one in self._following:
            one.follow_up(by_clock=self._may_destroy)
