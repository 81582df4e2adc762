"""Sends what waits in the outbox, and again until its receipt has come."""

import math
from collections.abc import Callable
from typing import Final

import structlog

from edge_agent.link.events import Link
from edge_agent.link.window import SendWindow
from edge_agent.sightings.outbox import Outbox
from protocol.ids import UnitId
from protocol.topics import UnitChannel, unit_topic

logger = structlog.get_logger()

_FALLBACK: Final = 30.0
"""Seconds after which the outbox is looked at although nobody tapped."""

_PAUSE: Final = 0.05
"""Seconds at least between two looks at the outbox that nothing asked for."""

_LOOK_AHEAD: Final = 1000
"""Envelopes looked at in one turn. Only that many that the hub never confirms could hide a later one."""


_EVENTS: Final = {
    UnitChannel.SIGHTINGS: "sighting.sent",
    UnitChannel.FOUND: "found.sent",
    UnitChannel.LOSSES: "loss.sent",
    UnitChannel.WITHDRAWALS: "withdrawal.sent",
}
"""What the log says of a message that was sent, by its channel."""


class Sender:
    """Drains the outbox into the link, as the window permits."""

    def __init__(
        self, unit: UnitId, link: Link, outbox: Outbox, *, resend_after: float, monotonic: Callable[[], float]
    ) -> None:
        """`resend_after`: seconds until a message without a receipt is sent again."""
        self._unit = unit
        self._link = link
        self._outbox = outbox
        self._window = SendWindow(resend_after)
        self._monotonic = monotonic
        self.due = monotonic()  # when `drain` wants to be called, in monotonic seconds

    def forget(self) -> None:
        """Everything is to be sent again: the broker has lost what it was given."""
        self._window.forget()

    def hurry(self) -> None:
        """There may be something to send, or a free place in the window."""
        self.due = self._monotonic()

    def drain(self, now: float) -> None:
        """Send what is due. Raises the database's errors."""
        for sequence in self._window.due(self._outbox.pending(_LOOK_AHEAD), now, self._outbox.is_urgent):
            if not self._send(sequence, now):
                self.due = now + _FALLBACK  # `Connected` brings it forward.
                return
        repeat = self._window.next_due(now)
        latest = now + _FALLBACK
        self.due = latest if repeat is None else min(max(repeat, now + _PAUSE), latest)

    def _send(self, sequence: int, now: float) -> bool:
        """False when there is no connection."""
        envelope = self._outbox.envelope(sequence)
        if envelope is None:
            return True
        channel = self._outbox.channel(sequence)
        # The broker may forget its copy when the next one comes: it never holds many for a hub that is away.
        expiry = math.ceil(self._window.wait(sequence))
        if not self._link.publish(unit_topic(self._unit, channel), envelope, expiry=expiry):
            return False
        self._window.sent(sequence, now)
        # Without its number: after an outage candidates go first, and who reads the log would see which those are.
        logger.info(_EVENTS[channel])
        return True
