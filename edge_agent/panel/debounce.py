"""One press is one press, however often the contact closes."""

import threading
from collections.abc import Callable
from typing import Final

APART: Final = 0.5
"""Seconds from one press to the next that counts. Contacts chatter for milliseconds, nervous fingers for longer."""


class Debounced:
    """Calls an action at the first of several presses. May be called by several threads."""

    def __init__(self, action: Callable[[], None], monotonic: Callable[[], float], apart: float = APART) -> None:
        """`apart`: seconds."""
        self._action = action
        self._monotonic = monotonic
        self._apart = apart
        self._lock = threading.Lock()
        self._counts_from = float("-inf")

    def press(self) -> None:
        """One that comes too soon puts the next further off: who leans on the button presses once."""
        with self._lock:
            now = self._monotonic()
            counts = now >= self._counts_from
            self._counts_from = now + self._apart
        if counts:
            self._action()
