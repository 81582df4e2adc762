"""What the end of intakes needs of other rooms, as it needs it. The composition root brings them together."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Connection

from hub.review.service import ReviewId, Standing
from protocol.ids import SightingId


class IntakeReviews(Protocol):
    """What people are asked about intakes."""

    def standing(self, connection: Connection, sighting: SightingId, /) -> Standing:
        """How far people have come with all candidates of an intake."""

    def confirmed(self, connection: Connection, sighting: SightingId, /) -> list[ReviewId]:
        """The reviews of an intake that two people have confirmed."""

    def end_with_intake(
        self, connection: Connection, sighting: SightingId, reason: str, actor: str, at: int, /
    ) -> Mapping[str, int]:
        """Ask no more about an intake that is about to be erased; how many of each thing were ended or removed."""


class IntakeAlerts(Protocol):
    """What went out because of intakes."""

    def withdraw(self, connection: Connection, review_id: str, /, *, actor: str, at: int) -> str | None:
        """Recall the alert of a review, if that was not done; the alert, if there is one."""

    def is_told(self, connection: Connection, alert: str, /) -> bool:
        """Whether everyone who may have got an alert has its recall."""
