"""What the review room needs of other rooms, as it needs it. The composition root brings them together."""

from typing import Protocol

from sqlalchemy import Connection

from hub.review.model import CaseFacts, Finding, SightingFacts
from protocol.envelope import MessageType
from protocol.ids import CaseId, PhotoId, SightingId, SiteId, UnitId
from protocol.topics import UnitChannel


class Sightings(Protocol):
    """The intakes that the hub received."""

    def sighting(self, connection: Connection, sighting_id: SightingId, /) -> SightingFacts:
        """What is known of an intake."""

    def finding(self, connection: Connection, sighting_id: SightingId, case: CaseId, /) -> Finding:
        """What the machines say of a candidate. Asked for only when the reader has answered."""

    def portrait(self, sighting_id: SightingId, /) -> bytes:
        """The intake's aligned face with some margin, JPEG."""


class Cases(Protocol):
    """The register of missing children."""

    def summary(self, connection: Connection, case: CaseId, /) -> CaseFacts:
        """What is known of a case."""

    def portrait(self, case: CaseId, photo: PhotoId, /) -> bytes:
        """One photo's aligned face with some margin, JPEG."""

    def mark_located(self, connection: Connection, case: CaseId, actor: str, at: int, /) -> None:
        """The child has been found. Nothing happens where that is known already."""


class Alerts(Protocol):
    """Where a confirmed match leaves the hub."""

    def raise_alert(
        self, connection: Connection, *, review_id: str, case: CaseId, reference: str, site: SiteId, actor: str, at: int
    ) -> None:
        """In the decision's own transaction."""


class Units(Protocol):
    """The way to the devices."""

    def enqueue(
        self,
        connection: Connection,
        unit: UnitId,
        channel: UnitChannel,
        message_type: MessageType,
        payload: bytes,
        /,
    ) -> None:
        """Send a message after the transaction has been committed."""
