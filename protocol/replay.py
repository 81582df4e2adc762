"""A sliding window over sequence numbers, as IPsec's anti-replay service has it (RFC 4303, section 3.4.3).

Messages may arrive out of order: a unit's spool sends candidates first. Within the window each number is
admitted once; below it nothing is. Pure: the caller keeps the window where it keeps what it admitted.
"""

from dataclasses import dataclass
from typing import Final

from protocol.errors import ReplayedError

WINDOW: Final = 4096


@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """`highest` admitted number, and a bit for each of the WINDOW numbers up to it (bit 0: the highest)."""

    highest: int = -1
    seen: int = 0

    def admit(self, sequence: int) -> "ReplayWindow":
        """The window after `sequence`. Raises ReplayedError when it was admitted before or is too old to tell."""
        if sequence > self.highest:
            shift = sequence - self.highest
            kept = (self.seen << shift) if shift < WINDOW else 0
            return ReplayWindow(sequence, (kept | 1) & ((1 << WINDOW) - 1))
        age = self.highest - sequence
        if age >= WINDOW:
            raise ReplayedError(f"Message {sequence} is older than the last {WINDOW} of its sender.")
        if self.seen >> age & 1:
            raise ReplayedError(f"Message {sequence} of this sender was received before.")
        return ReplayWindow(self.highest, self.seen | 1 << age)
