"""Both ends of the broker for fuzzing: the hub's ingest and a unit's inbox, real, over databases on a disk."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from credentials.keystore.file import FileKeyStore
from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.link.inbox import Inbox
from edge_agent.link.notices import NoticeStore
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.outbox import IntakeRecord, Outbox
from edge_agent.staff.store import StaffStore
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import DAY, KnownTime, TrustedClock, machine_uptime
from hub.bootstrap import build_ingest
from hub.ingest.service import IngestService
from protocol.envelope import MessageType, seal
from protocol.keys import Identity, PrivateIdentity
from protocol.topics import UnitChannel, unit_topic
from tests.protocol.examples import NOW, SIGHTING
from tests.support.hub_site import SITE, UNIT, HubSite, SimulatedUnit
from tests.support.withdrawing import withdrawing_of

_CHANNELS = {
    MessageType.SIGHTING: UnitChannel.SIGHTINGS,
    MessageType.FOUND: UnitChannel.FOUND,
    MessageType.LOSS: UnitChannel.LOSSES,
    MessageType.WITHDRAWAL: UnitChannel.WITHDRAWALS,
    MessageType.HEALTH: UnitChannel.HEALTH,
}


@dataclass
class Receivers:
    """A hub and a unit that take what is given to them, and seal what the other is to take."""

    ingest: IngestService
    inbox: Inbox
    unit: SimulatedUnit
    hub_identity: PrivateIdentity
    unit_card: Identity
    sequence: Iterator[int]

    def hub(self, topic: str, payload: bytes) -> None:
        """The broker brings the hub a message. The hub refuses by itself: nothing may come out."""
        self.ingest.receive(topic, payload)

    def from_unit(self, kind: MessageType, payload: bytes) -> None:
        """The unit sends what it likes, rightly sealed."""
        self.hub(unit_topic(UNIT, _CHANNELS[kind]), self.unit.envelope(payload, kind))

    def take_receipt(self, envelope: bytes) -> None:
        """The broker brings the unit a receipt."""
        self.inbox.take_receipt(envelope)

    def take_notice(self, envelope: bytes) -> None:
        """The broker brings the unit a notice."""
        self.inbox.take_notice(envelope)

    def take_time(self, envelope: bytes) -> None:
        """The broker brings the unit the hub's time."""
        self.inbox.take_time(envelope)

    def take_staff(self, envelope: bytes) -> None:
        """The broker brings the unit a list of staff."""
        self.inbox.take_staff(envelope)

    def from_hub(self, kind: MessageType, payload: bytes) -> bytes:
        """An envelope of the hub for the unit."""
        return seal(
            payload,
            message_type=kind,
            sender=self.hub_identity,
            recipient=self.unit_card,
            sequence=next(self.sequence),
            now=NOW,
        )


@contextmanager
def receivers(folder: Path) -> Iterator[Receivers]:
    """A provisioned hub and unit in `folder`; the unit waits for the receipt of `tests.protocol.examples.SIGHTING`."""
    site = HubSite(folder)
    unit = site.unit()
    database = UnitDatabase(folder / "unit.sqlite")
    vault = Vault.create(FileKeyStore(folder / "unit.key"))
    outbox = Outbox(database, vault, limit=10**9)
    record = IntakeRecord(SIGHTING.sighting_id, SIGHTING.reference, SIGHTING.captured, keep=DAY, urgent=True)
    outbox.add(record, lambda _: b"the envelope")
    clock = TrustedClock(lambda: NOW, machine_uptime, KnownTime.nothing())
    with site.services() as services:
        services.fleet.refresh()
        ingest = build_ingest(services, lambda _topic, _envelope: None)
        inbox = Inbox(
            identity=unit.identity,
            hub=site.hub,
            outbox=outbox,
            notices=NoticeStore(database, vault, 90 * DAY),
            staff=StaffStore(database, vault, SITE),
            withdrawing=withdrawing_of(database, vault, outbox, clock, identity=unit.identity, hub=site.hub),
            timekeeper=Timekeeper(clock, TimeStore(database), outbox, secrets.token_bytes),
        )
        yield Receivers(ingest, inbox, unit, services.identity, unit.identity.public, count(1))
    database.close()
