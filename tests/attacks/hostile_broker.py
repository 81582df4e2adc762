"""A broker in an attacker's hands between a real unit's outbox and inbox and a real hub's ingest.

It sees every byte, and decides which message reaches whom, when, how often and how changed. It has the keys of the
broker and of everybody it likes to invent, and none of the hub's or the unit's.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from credentials.identity import load_identity
from credentials.keystore.file import FileKeyStore
from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.link.inbox import Inbox
from edge_agent.link.notices import NoticeStore
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.link.window import SendWindow
from edge_agent.sightings.outbox import IntakeRecord, Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.staff.store import StaffStore
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import BUILT_AT, DAY, KnownTime, TrustedClock, Uptime
from faults import RejectedError
from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_ingest
from hub.fleet.service import UnitState
from hub.ingest.service import IngestService
from protocol.envelope import MessageType
from protocol.health import Health, OutboxState
from protocol.ids import CaseId, PhotoId, UnitId
from protocol.keys import Identity, OpeningKey, PrivateIdentity, SigningKey
from protocol.sighting import Sighting
from protocol.topics import UnitChannel, parse_unit_topic, unit_topic
from tests.support.hub_site import OTHER_UNIT, SITE, UNIT, HubSite, register
from tests.support.withdrawing import withdrawing_of


@dataclass(frozen=True)
class Packet:
    """One message as the broker holds it."""

    topic: str
    payload: bytes


class RealUnit:
    """The parts of a unit that send and receive, over a database on a disk. `elapsed`: milliseconds since its start."""

    def __init__(self, identity: PrivateIdentity, hub: Identity, folder: Path) -> None:
        folder.mkdir()
        self.identity = identity
        self.id = UnitId(identity.name)
        self.database = UnitDatabase(folder / "unit.sqlite")
        vault = Vault.create(FileKeyStore(folder / "vault.key"))
        self.outbox = Outbox(self.database, vault, limit=10**9)
        self.elapsed = 0
        self.clock = TrustedClock(lambda: 0, lambda: Uptime(1, self.elapsed), KnownTime.nothing())
        self.timekeeper = Timekeeper(self.clock, TimeStore(self.database), self.outbox, secrets.token_bytes)
        self.sealer = HubSealer(identity, hub, self.clock.now)
        self.window = SendWindow(30)
        inbox = Inbox(
            identity=identity,
            hub=hub,
            outbox=self.outbox,
            notices=NoticeStore(self.database, vault, 90 * DAY),
            staff=StaffStore(self.database, vault, SITE),
            withdrawing=withdrawing_of(self.database, vault, self.outbox, self.clock, identity=identity, hub=hub),
            timekeeper=self.timekeeper,
        )
        self._take = {
            UnitChannel.RECEIPTS: inbox.take_receipt,
            UnitChannel.NOTICES: inbox.take_notice,
            UnitChannel.ERASURES: inbox.take_erasure,
            UnitChannel.TIME: inbox.take_time,
            UnitChannel.STAFF: inbox.take_staff,
        }
        self.rejected: list[str] = []

    def keep(self, sighting: Sighting) -> None:
        """What an intake does."""
        record = IntakeRecord(
            sighting.sighting_id,
            sighting.reference,
            self.clock.moment(),
            30 * DAY,
            urgent=bool(sighting.candidates),
        )
        payload = sighting.to_bytes()
        self.outbox.add(record, lambda number: self.sealer.seal(payload, MessageType.SIGHTING, number))

    def due(self) -> Iterator[Packet]:
        """What it would send now."""
        now = self.elapsed / 1000
        for number in self.window.due(self.outbox.pending(100), now):
            envelope = self.outbox.envelope(number)
            assert envelope is not None
            self.window.sent(number, now)
            yield Packet(unit_topic(self.id, UnitChannel.SIGHTINGS), envelope)

    def report(self) -> Packet:
        """A health report, with a challenge where one is due."""
        health = Health(
            sent_at=self.clock.now(),
            list_version=1,
            list_published_at=BUILT_AT,
            entries=1,
            pending=self.outbox.counts().pending,
            pack_digest=bytes(32),
            software="0.1.0",
            outbox=OutboxState(last_sequence=self.outbox.fill().last_sequence),
            challenge=self.timekeeper.challenge(),
        )
        envelope = self.sealer.seal(health.to_bytes(), MessageType.HEALTH, self.outbox.take_report_number())
        return Packet(unit_topic(self.id, UnitChannel.HEALTH), envelope)

    def hear(self, packet: Packet) -> None:
        """Take what the broker brings, as the agent does."""
        unit, channel = parse_unit_topic(packet.topic)
        assert unit == self.id
        try:
            self._take[channel](packet.payload)
        except RejectedError as error:
            self.rejected.append(type(error).__name__)


@dataclass
class Theatre:
    """A hub, two units of it, and what the broker holds for each side."""

    hub: Services
    ingest: IngestService
    unit: RealUnit
    other: RealUnit
    case: tuple[CaseId, PhotoId]
    site: HubSite
    for_hub: list[Packet] = field(default_factory=list)
    for_units: list[Packet] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)

    def units_speak(self) -> None:
        """Everything that the unit would send now reaches the broker."""
        self.hold(self.unit.due())

    def hold(self, packets: Iterator[Packet] | list[Packet]) -> None:
        for packet in packets:
            self.seen.append(packet.payload)
            self.for_hub.append(packet)

    def hub_hears(self, packet: Packet) -> None:
        self.ingest.receive(packet.topic, packet.payload)

    def unit_hears(self, packet: Packet) -> None:
        self.unit.hear(packet)

    def answers(self) -> list[Packet]:
        """Take what the hub has said since the last time."""
        said, self.for_units[:] = list(self.for_units), []
        return said

    def count(self, table: str) -> int:
        with self.hub.database.read() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0

    def audited(self, action: AuditAction) -> list[tuple[str, object]]:
        with self.hub.database.read() as connection:
            found = [entry for entry in entries(connection) if entry.action is action]
        return [(entry.actor, entry.detail.get("reason")) for entry in found]

    def state(self) -> UnitState:
        with self.hub.database.read() as connection:
            return next(state for state in self.hub.fleet.states(connection) if state.unit.id == UNIT)

    def sighting(self, *, found: bool = True) -> Sighting:
        """A new intake of the unit."""
        simulated = self.site.unit()
        moment = self.unit.clock.moment()
        return simulated.sighting(self.case, captured=moment) if found else simulated.sighting(captured=moment)


@contextmanager
def theatre(folder: Path) -> Iterator[Theatre]:
    site = HubSite(folder, units=(UNIT, OTHER_UNIT))
    unit, other = (
        RealUnit(load_identity(site.unit_folder(name)), site.hub, folder / f"unit-{number}")
        for number, name in enumerate((UNIT, OTHER_UNIT))
    )
    with site.services() as hub:
        hub.fleet.refresh()
        case = register(hub)
        with hub.database.read() as connection:
            photo = next(iter(hub.cases.summary(connection, case).photos))
        held: list[Packet] = []
        seen: list[bytes] = []

        def publish(topic: str, payload: bytes) -> None:
            seen.append(payload)
            held.append(Packet(topic, payload))

        ingest = build_ingest(hub, publish)
        yield Theatre(hub, ingest, unit, other, (case, photo), site, for_units=held, seen=seen)
    for each in (unit, other):
        each.database.close()


def impostor(name: str) -> PrivateIdentity:
    """Somebody's name with keys of the attacker's own."""
    return PrivateIdentity(name, SigningKey(secrets.token_bytes(32)), OpeningKey(secrets.token_bytes(96)))
