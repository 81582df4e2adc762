"""Waiting for what another process does: until it is so, never for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

from mca.demo.processes import DemoError

T = TypeVar("T")

_PATIENCE_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


def wait_until(what: str, look: Callable[[], T | None]) -> T:
    """What `look` answers as soon as it is not None. Raises DemoError when that takes more than a minute."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = _FIRST_PAUSE
    while (seen := look()) is None:
        if time.monotonic() > deadline:
            raise DemoError(f"Waited a minute in vain for {what}.")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return seen
