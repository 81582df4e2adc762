"""Retention as a part of the running hub: it ends what is kept for too long, and sees every erasure through."""

import threading
from typing import Final

import structlog

from faults import UnavailableError
from hub.clock import MINUTE, Clock
from hub.erasure.service import ErasureService

_LOOK_SECONDS: Final = 5.0

_log = structlog.get_logger()


class RetentionWorker:
    """Looks for what is due once a minute of the hub's clock, so that a clock that leaps is noticed."""

    def __init__(self, erasure: ErasureService, clock: Clock) -> None:
        self._erasure = erasure
        self._clock = clock
        self._looked_at = 0

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
            ended = self._erasure.expire_due()
            self._looked_at = now
            if ended:
                _log.info("retention.ended", cases=ended)
        self._erasure.follow_up()
