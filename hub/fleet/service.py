"""Units, their health, and a lasting queue of what the hub has to tell them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database
from hub.fleet import ledger_store, store
from hub.fleet.ledger_store import Place
from hub.fleet.model import (
    ABSENT,
    Delivery,
    KnownMessage,
    LostIntake,
    OutboundMessage,
    Reserved,
    Standing,
    Unit,
    UnitHealth,
    UnitState,
)
from hub.fleet.registry import UnitFileError, read_units
from protocol.envelope import MessageType, seal
from protocol.errors import FieldError, ReplayedError
from protocol.health import Health
from protocol.ids import HubId, UnitId
from protocol.keyring import Keyring
from protocol.keys import Identity, PrivateIdentity
from protocol.losses import Losses
from protocol.signed_time import SignedTime
from protocol.topics import UnitChannel, unit_topic

__all__ = [
    "Delivery",
    "FleetService",
    "KnownMessage",
    "Place",
    "Reserved",
    "Standing",
    "Unit",
    "UnitFileError",
    "UnitHealth",
    "UnitState",
    "UnknownUnitError",
]

_BATCH = 64
_SHOWN_LOST = 100
_IN_FLIGHT = 8
"""Messages that a unit sends at once, and that may therefore overtake its report."""


class UnknownUnitError(RejectedError):
    """No such unit is enrolled, or it was withdrawn."""


class FleetService:
    """The units of one hub."""

    def __init__(self, database: Database, vault: Vault, identity: PrivateIdentity, folder: Path, clock: Clock) -> None:
        """`identity`: the hub's own. `folder`: where provisioning leaves the units' files."""
        self._database = database
        self._vault = vault
        self._identity = identity
        self._folder = folder
        self._clock = clock

    def refresh(self) -> None:
        """Bring the registry to what the folder of units says. Raises UnitFileError, having changed nothing."""
        wanted = {unit.id: unit for unit in read_units(self._folder, HubId(self._identity.name))}
        now = self._clock()
        with self._database.begin() as connection:
            known = {unit.id: unit for unit in store.active(connection)}
            for unit in wanted.values():
                if unit.id not in known:
                    self._put(connection, AuditAction.UNIT_REGISTERED, unit, now)
                elif unit.to_record() != known[unit.id].to_record():
                    self._put(connection, AuditAction.UNIT_CHANGED, unit, now)
            for gone in sorted(known.keys() - wanted.keys()):
                store.withdraw(connection, gone, now)
                record(connection, AuditAction.UNIT_WITHDRAWN, actor=self._identity.name, subject=gone, at=now)

    def units(self, connection: Connection) -> list[Unit]:
        """Every active unit, by name."""
        return store.active(connection)

    def unit(self, connection: Connection, unit: str) -> Unit:
        """An active unit. Raises UnknownUnitError."""
        found = store.find(connection, unit)
        if found is None:
            raise UnknownUnitError("No unit {unit} is enrolled.", unit=unit)
        return found

    def withdrawn(self, connection: Connection) -> dict[UnitId, int]:
        """The units that were revoked, and since when: nothing of them is accepted any more."""
        return store.withdrawn(connection)

    def identities(self, connection: Connection, units: Collection[UnitId]) -> dict[str, Identity]:
        """The public keys of those of these units that are active."""
        return store.identities(connection, units)

    def take_health(self, connection: Connection, unit: UnitId, sequence: int, health: Health) -> SignedTime | None:
        """Keep a unit's newest report; the answer for its topic `time`, if it asks what time it is.

        The broker may deliver a report twice; the second changes nothing. Reports leave no audit entry, except where
        a unit has forgotten numbers that it gave before: its storage was replaced, and what waited there is gone.
        Raises ReplayedError for one that is older than the newest.
        """
        newest = store.health_sequence(connection, unit)
        if sequence < newest:
            raise ReplayedError("A report of {unit} that is older than one it sent before.", unit=unit)
        if sequence == newest:
            return None
        now = self._clock()
        store.put_health(connection, unit, sequence, health, now)
        if health.challenge is None:
            return None
        greatest = ledger_store.greatest(connection, unit)
        if health.outbox.last_sequence + _IN_FLIGHT < greatest:
            record(connection, AuditAction.UNIT_COUNTS_ANEW, actor=unit, subject=unit, at=now, number=greatest)
        return SignedTime(health.challenge, now, greatest + 1)

    def note_gone(self, connection: Connection, unit: UnitId) -> None:
        """The broker says that a unit's connection broke. Nobody signed that: it is shown, and believed no further."""
        store.note_gone(connection, unit, self._clock())

    def health(self, connection: Connection) -> list[UnitHealth]:
        """The newest report of each active unit that has sent one, by name."""
        return store.health(connection)

    def states(self, connection: Connection) -> list[UnitState]:
        """Every active unit with its newest report and how far its messages have come, by name."""
        reports = {health.unit: health for health in store.health(connection)}
        said = {unit: health.report.outbox.last_sequence for unit, health in reports.items()}
        deliveries = ledger_store.deliveries(connection, said)
        return [
            UnitState(unit, reports.get(unit.id), deliveries.get(unit.id, Delivery(0)))
            for unit in store.active(connection)
        ]

    def known_messages(self, connection: Connection, places: Collection[Place]) -> dict[Place, KnownMessage]:
        """What became of units' messages; nothing of one that is new, or was called absent before it came."""
        known = ledger_store.find(connection, places)
        return {place: message for place, message in known.items() if message.standing not in ABSENT}

    def note_messages(self, connection: Connection, messages: Mapping[Place, KnownMessage]) -> None:
        """Account for numbers that are new."""
        ledger_store.put(connection, messages)

    def take_losses(self, connection: Connection, unit: UnitId, number: int, losses: Losses) -> None:
        """Account for what a unit says it erased, each with an audit entry. What has come is not lost.

        `number`: the loss record's own. Raises FieldError when it names a message that is not from before it.
        """
        if any(lost.sequence >= number for lost in losses.messages):
            raise FieldError("A loss record names messages from before it alone.")
        now = self._clock()
        known = ledger_store.find(connection, [(unit, lost.sequence) for lost in losses.messages])
        for lost in losses.messages:
            if (unit, lost.sequence) not in known:
                ledger_store.put_lost(connection, unit, lost, now)
                record(
                    connection,
                    AuditAction.MESSAGE_LOST,
                    actor=unit,
                    subject=lost.sighting_id,
                    at=now,
                    number=lost.sequence,
                    reason=str(lost.reason),
                )

    def note_withdrawn(self, connection: Connection, unit: UnitId, numbers: Collection[int], at: int) -> None:
        """Account for messages that a unit has erased because consent was taken back. What has come has come."""
        places = [(unit, number) for number in numbers]
        known = ledger_store.find(connection, places) if places else {}
        absent = KnownMessage(bytes(32), Standing.WITHDRAWN, at)
        ledger_store.put(connection, {place: absent for place in places if place not in known})

    def lost_intakes(self, connection: Connection) -> list[LostIntake]:
        """The intakes that units had to erase before they were delivered, the newest first."""
        return ledger_store.lost(connection, _SHOWN_LOST)

    def all_run(self, connection: Connection, pack_digest: bytes) -> bool:
        """Whether every active unit has reported that it runs this pack. A unit that never reported has not."""
        reported = {health.unit: health.report.pack_digest for health in store.health(connection)}
        return all(reported.get(unit.id) == pack_digest for unit in store.active(connection))

    def seal(self, connection: Connection, unit: UnitId, message_type: MessageType, payload: bytes) -> bytes:
        """An envelope from the hub to a unit under the hub's next sequence number. Raises UnknownUnitError."""
        recipient = store.find(connection, unit)
        if recipient is None:
            raise UnknownUnitError("No unit {unit} is enrolled.", unit=unit)
        (reserved,) = self.reserve(connection, [recipient.identity])
        return self.seal_reserved(reserved, message_type, payload)

    def reserve(self, connection: Connection, recipients: Sequence[Identity]) -> list[Reserved]:
        """The hub's next sequence numbers, one for a message to each recipient, which is sealed without a database."""
        numbers = store.next_sequences(connection, len(recipients)) if recipients else ()
        return [Reserved(recipient, number) for recipient, number in zip(recipients, numbers, strict=True)]

    def seal_reserved(self, reserved: Reserved, message_type: MessageType, payload: bytes) -> bytes:
        """The envelope of a message that `reserve` gave its number. Once for each."""
        return seal(
            payload,
            message_type=message_type,
            sender=self._identity,
            recipient=reserved.recipient,
            sequence=reserved.sequence,
            now=self._clock(),
        )

    def revocations(self, withdrawn: Collection[UnitId]) -> list[tuple[str, bytes]]:
        """What tells units that were withdrawn of it, each with its topic: a keyring without keys."""
        with self._database.begin() as connection:
            found = [store.find(connection, name, active=False) for name in sorted(withdrawn)]
            units = [unit for unit in found if unit is not None]
            reserved = self.reserve(connection, [unit.identity for unit in units])
        keyrings = [Keyring(unit.id, (), lease_end=0).to_bytes() for unit in units]
        return [
            (unit_topic(unit.id, UnitChannel.KEYRINGS), self.seal_reserved(place, MessageType.KEYRING, keyring))
            for unit, place, keyring in zip(units, reserved, keyrings, strict=True)
        ]

    def leap(self, connection: Connection, numbers: int) -> None:
        """Leave out so many sequence numbers: after a restore, units may have seen those that came next."""
        store.next_sequences(connection, numbers)

    def enqueue(
        self, connection: Connection, unit: UnitId, channel: UnitChannel, message_type: MessageType, payload: bytes
    ) -> None:
        """Send a message to a unit as soon as the broker can be reached, if this transaction commits."""
        message = OutboundMessage(unit, channel, message_type, self._vault.encrypt(payload, _place(unit)))
        store.queue(connection, message, self._clock())

    def deliver(self, publish: Callable[[str, bytes], None]) -> int:
        """Hand waiting messages, oldest first, to `publish(topic, envelope)`; returns how many went.

        `publish` returns when the broker has acknowledged, and only then is a message forgotten. That is
        enough for a notice, which asks a site to telephone: the alert itself never depends on it. A crash
        in between sends it again. Raises what `publish` raises, having forgotten nothing it did not send.
        """
        with self._database.read() as connection:
            waiting = store.queued(connection, _BATCH)
        for position, message in waiting:
            payload = self._vault.decrypt(message.sealed_payload, _place(message.unit))
            try:
                with self._database.begin() as connection:
                    envelope = self.seal(connection, message.unit, message.type, payload)
            except UnknownUnitError:
                continue  # Withdrawn a moment ago.
            publish(unit_topic(message.unit, message.channel), envelope)
            with self._database.begin() as connection:
                store.remove(connection, position)
        return len(waiting)

    def waiting_count(self, connection: Connection) -> int:
        """How many messages wait to be sent."""
        return store.queued_count(connection)

    def _put(self, connection: Connection, action: AuditAction, unit: Unit, now: int) -> None:
        store.put(connection, unit)
        record(connection, action, actor=self._identity.name, subject=unit.id, at=now, site=unit.site)


def _place(unit: UnitId) -> str:
    return f"outbound_messages/payload/{unit}"
