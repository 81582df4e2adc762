"""Which review comes first. It follows from the child and the moment alone: a score or a rank is never asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.clock import HOUR, MINUTE
from protocol.person import AgeBand

_RECENT: Final = 6 * HOUR


class Urgency(StrEnum):
    """How soon a review should have its first answer."""

    URGENT = "urgent"
    SOON = "soon"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Targets:
    """Service targets: minutes from opening to decision."""

    urgent: int = 30
    soon: int = 120
    ordinary: int = 720

    def due_at(self, urgency: Urgency, opened_at: int) -> int:
        """When a review should be decided, in milliseconds since 1970 UTC. The queue is in this order."""
        minutes: Mapping[Urgency, int] = {
            Urgency.URGENT: self.urgent,
            Urgency.SOON: self.soon,
            Urgency.ORDINARY: self.ordinary,
        }
        return opened_at + minutes[urgency] * MINUTE


def urgency_of(*, high_risk: bool, age_band: AgeBand | None, captured_at: int | None, at: int) -> Urgency:
    """`captured_at`: when the child was photographed, None where nobody knows; `at`: now.

    A child at high risk is urgent, and so is a small one who was photographed within six hours and may still be
    where it was. One of the two, a small child or a recent photograph, is soon.
    """
    small = age_band in {AgeBand.INFANT, AgeBand.CHILD}
    recent = captured_at is not None and at - captured_at <= _RECENT
    if high_risk or (small and recent):
        return Urgency.URGENT
    return Urgency.SOON if small or recent else Urgency.ORDINARY
