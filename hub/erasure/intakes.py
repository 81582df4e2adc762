"""Erasing one intake in every room of the hub at once: picture, comparisons, and what people wrote of it."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.erasure.neighbours import IntakeAlerts, IntakeReviews
from hub.ingest.service import ErasureReason, HeldSighting, SightingEraser


@dataclass(slots=True)
class Removed:
    """How many of each thing were removed, and the alerts that were recalled because of it."""

    things: "Counter[str]" = field(default_factory=Counter)
    recalled: set[str] = field(default_factory=set)

    @property
    def intakes(self) -> int:
        """How many intakes."""
        return self.things["intakes"]

    def counts(self) -> dict[str, int]:
        """What there was any of."""
        return {name: count for name, count in sorted(self.things.items()) if count}


class IntakeErasing:
    """Joins the caller's transaction."""

    def __init__(self, sightings: SightingEraser, reviews: IntakeReviews, alerts: IntakeAlerts) -> None:
        self.sightings = sightings
        self.reviews = reviews
        self.alerts = alerts

    def erase(
        self,
        connection: Connection,
        sighting: HeldSighting,
        reason: ErasureReason,
        removed: Removed,
        *,
        actor: str,
        at: int,
        recall: bool = False,
    ) -> None:
        """Erase an intake and add to `removed` what there was. `recall`: take back the alert that rests on it."""
        if recall:
            for review in self.reviews.confirmed(connection, sighting.id):
                alert = self.alerts.withdraw(connection, review, actor=actor, at=at)
                removed.recalled |= {alert} if alert else set()
        # Reviews first: the word to the site needs what is about to go.
        removed.things.update(self.reviews.end_with_intake(connection, sighting.id, str(reason), actor, at))
        removed.things.update(self.sightings.erase(connection, sighting, reason, at))
        action = AuditAction.SIGHTING_ERASED
        record(connection, action, actor=actor, subject=sighting.id, at=at, reason=str(reason))
