"""Which envelopes to send now: the oldest first, a few at a time, and again when no receipt comes. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 8
"""Envelopes that may wait for their receipt at once: about 800 kB, which a slow link still drains in order."""

LONGEST_WAIT: Final = 3600.0
"""Seconds. The broker keeps every copy that it took for a hub that is away, so copies must become rare."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One envelope on its way."""

    sent_at: float  # monotonic seconds
    times: int


class SendWindow:
    """What was sent and has no receipt. Kept in memory alone: after a restart everything is sent again."""

    def __init__(self, resend_after: float) -> None:
        """`resend_after`: seconds to the second sending; each later wait is twice as long, to an hour."""
        self._resend_after = resend_after
        self._sendings: dict[int, Sending] = {}

    def due(
        self, pending: Iterable[int], now: float, is_urgent: Callable[[int], bool] = lambda _number: False
    ) -> list[int]:
        """Those of the pending sequence numbers to send now: urgent ones first, and new ones before repeats.

        An envelope without a receipt keeps its place in the window for as long as a first answer may take, and
        gives it up then, however long it waits: it must not keep a later child's sighting from the hub.
        """
        pending = list(pending)
        self._sendings = {number: self._sendings[number] for number in pending if number in self._sendings}
        new = [number for number in pending if number not in self._sendings]
        # The longest overdue first: by age alone, the same few would take every turn from the rest.
        again = sorted((number for number in self._sendings if self._due_at(number) <= now), key=self._due_at)
        waiting = sum(now < sending.sent_at + self._resend_after for sending in self._sendings.values())
        return sorted(new + again, key=lambda number: not is_urgent(number))[: max(WINDOW - waiting, 0)]

    def wait(self, number: int) -> float:
        """Seconds from sending a message now to sending it again, if no receipt comes."""
        before = self._sendings.get(number)
        return self._pause(1 if before is None else before.times + 1)

    def sent(self, number: int, now: float) -> None:
        """Note that it was given to the broker."""
        before = self._sendings.get(number)
        self._sendings[number] = Sending(now, 1 if before is None else before.times + 1)

    def forget(self) -> None:
        """Everything is due again: the broker has lost what it was given."""
        self._sendings.clear()

    def next_due(self, now: float) -> float | None:
        """When a place in the window is free again, or a repeat falls due, in monotonic seconds.

        None while nothing waits.
        """
        free = {number: sending.sent_at + self._resend_after for number, sending in self._sendings.items()}
        return min((at if at > now else self._due_at(number) for number, at in free.items()), default=None)

    def _due_at(self, number: int) -> float:
        sending = self._sendings[number]
        return sending.sent_at + self._pause(sending.times)

    def _pause(self, times: int) -> float:
        return min(self._resend_after * 2.0 ** min(times - 1, 30), LONGEST_WAIT)
