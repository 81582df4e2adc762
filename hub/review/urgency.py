"""Which review comes first. It follows from the child and the moment alone: a score or a rank is never asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.clock import MINUTE
from protocol.person import AgeBand


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


def urgency_of(*, high_risk: bool, age_band: AgeBand | None, live: bool) -> Urgency:
    """`live`: the child was photographed just now, and may still be where it was.

    A child at high risk is urgent, and so is a small one who was photographed just now. One of the two, a small child
    or a photograph of just now, is soon.
    """
    small = age_band in {AgeBand.INFANT, AgeBand.CHILD, AgeBand.UNKNOWN}  # Who may be small is taken to be.
    if high_risk or (small and live):
        return Urgency.URGENT
    return Urgency.SOON if small or live else Urgency.ORDINARY
