"""A hub's ingest room between a broker that is a list, and a unit."""

from dataclasses import dataclass, field

from sqlalchemy import text

from faults import UnavailableError
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_ingest
from hub.ingest.service import Message
from protocol.envelope import MessageType, open_envelope
from protocol.ids import CaseId, PhotoId
from protocol.receipt import Receipt, Verdict
from protocol.sighting import Sighting
from protocol.topics import UnitChannel, unit_topic
from tests.support.hub_site import UNIT, HubSite, SimulatedUnit

TOPIC = unit_topic(UNIT, UnitChannel.SIGHTINGS)


@dataclass
class Intake:
    """A hub's ingest room between a broker that is a list, and a unit."""

    site: HubSite
    hub: Services
    unit: SimulatedUnit
    case: CaseId
    photo: PhotoId
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    broker_is_away: bool = False

    def __post_init__(self) -> None:
        hub = self.hub
        self.room = build_ingest(hub, self.publish)

    def publish(self, topic: str, payload: bytes) -> None:
        if self.broker_is_away:
            raise UnavailableError("The broker is away.")
        self.sent.append((topic, payload))

    def receive(self, envelope: bytes, topic: str = TOPIC) -> None:
        self.room.receive(topic, envelope)

    def receive_together(self, *envelopes: bytes) -> None:
        self.room.receive_all([Message(TOPIC, envelope) for envelope in envelopes])

    def receipts(self) -> list[Receipt]:
        receipts = unit_topic(UNIT, UnitChannel.RECEIPTS)
        opened = (
            open_envelope(
                payload,
                recipient=self.unit.identity,
                find_sender=lambda name: self.site.hub if name == "bd" else None,
                expected=MessageType.RECEIPT,
            )
            for topic, payload in self.sent
            if topic == receipts
        )
        return [Receipt.from_bytes(each.payload) for each in opened]

    def count(self, table: str) -> int:
        with self.hub.database.read() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0

    def verdicts(self) -> list[Verdict]:
        return [receipt.verdict for receipt in self.receipts()]

    def rejections(self) -> list[tuple[str, object]]:
        with self.hub.database.read() as connection:
            audit = [entry for entry in entries(connection) if entry.action is AuditAction.MESSAGE_REJECTED]
        return [(entry.actor, entry.detail["reason"]) for entry in audit]

    def match(self, **changes: object) -> Sighting:
        """A sighting with one candidate."""
        return self.unit.sighting((self.case, self.photo), **changes)
