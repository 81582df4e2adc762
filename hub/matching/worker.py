"""The comparison of the registers as a part of the running hub."""

import threading
import time
from typing import Final

import structlog

from faults import UnavailableError
from hub.matching.service import RegisterSearches

_LOOK_SECONDS: Final = 1.0
_LONGEST_DELAY: Final = 30.0

_log = structlog.get_logger()


def compare_registers(searches: RegisterSearches, stop: threading.Event) -> None:
    """Search for what is new, changed or due tonight, until `stop` is set."""
    pause = 0.0
    while not stop.wait(pause):
        try:
            began = time.monotonic()
            worked = searches.work()
            # As long a rest as the work took: registers that were just read in do not hold up what units send.
            pause = min(time.monotonic() - began, _LONGEST_DELAY) if worked else _LOOK_SECONDS
        except UnavailableError as error:
            _log.warning("comparison.waits", reason=type(error).__name__)
            pause = min(max(2 * pause, _LOOK_SECONDS), _LONGEST_DELAY)
