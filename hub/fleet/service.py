"""Units, their health, and a lasting queue of what the hub has to tell them."""

from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database
from hub.fleet import ledger_store, store
from hub.fleet.model import Delivery, KnownMessage, LostIntake, OutboundMessage, Standing, Unit, UnitHealth, UnitState
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
                store.withdraw(connection, gone)
                record(connection, AuditAction.UNIT_WITHDRAWN, actor=self._identity.name, subject=gone, at=now)

    def units(self, connection: Connection) -> list[Unit]:
        """Every active unit, by name."""
        return store.active(connection)

    def find_sender(self, name: str) -> Identity | None:
        """The identity of an active unit, for `protocol.envelope.open_envelope`."""
        with self._database.read() as connection:
            unit = store.find(connection, name)
        return None if unit is None else unit.identity

    def take_health(self, connection: Connection, unit: UnitId, sequence: int, health: Health) -> bytes | None:
        """Keep a unit's newest report; the sealed answer for its topic `time`, if it asks what time it is.

        The broker may deliver a report twice; the second changes nothing. Reports leave no audit entry, except where
        a unit has forgotten numbers that it gave before: its storage was replaced, and what waited there is gone.
        Raises ReplayedError for one that is older than the newest.
        """
        newest = store.health_sequence(connection, unit)
        if sequence < newest:
            raise ReplayedError(f"A report of {unit} that is older than one it sent before.")
        if sequence == newest:
            return None
        now = self._clock()
        store.put_health(connection, unit, sequence, health, now)
        if health.challenge is None:
            return None
        greatest = ledger_store.greatest(connection, unit)
        if health.outbox.last_sequence + _IN_FLIGHT < greatest:
            record(connection, AuditAction.UNIT_COUNTS_ANEW, actor=unit, subject=unit, at=now, number=greatest)
        answer = SignedTime(health.challenge, now, greatest + 1)
        return self.seal(connection, unit, MessageType.TIME, answer.to_bytes())

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

    def known_message(self, connection: Connection, unit: UnitId, sequence: int) -> KnownMessage | None:
        """What became of a unit's message with this number; None when it is new, or was called lost before it came."""
        known = ledger_store.find(connection, unit, sequence)
        return None if known is None or known.standing is Standing.LOST else known

    def note_message(self, connection: Connection, unit: UnitId, sequence: int, message: KnownMessage) -> None:
        """Account for a number that is new."""
        ledger_store.put(connection, unit, sequence, message)

    def take_losses(self, connection: Connection, unit: UnitId, number: int, losses: Losses) -> None:
        """Account for what a unit says it erased, each with an audit entry. What has come is not lost.

        `number`: the loss record's own. Raises FieldError when it names a message that is not from before it.
        """
        if any(lost.sequence >= number for lost in losses.messages):
            raise FieldError("A loss record names messages from before it alone.")
        now = self._clock()
        for lost in losses.messages:
            if ledger_store.find(connection, unit, lost.sequence) is None:
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
            raise UnknownUnitError(f"No unit {unit} is enrolled.")
        return self._sealed(connection, recipient, message_type, payload)

    def revocations(self, withdrawn: Collection[UnitId]) -> list[tuple[str, bytes]]:
        """What tells units that were withdrawn of it, each with its topic: a keyring without keys."""
        with self._database.begin() as connection:
            units = [store.find(connection, name, active=False) for name in sorted(withdrawn)]
            return [
                (
                    unit_topic(unit.id, UnitChannel.KEYRINGS),
                    self._sealed(connection, unit, MessageType.KEYRING, Keyring(unit.id, (), lease_end=0).to_bytes()),
                )
                for unit in units
                if unit is not None
            ]

    def leap(self, connection: Connection, numbers: int) -> None:
        """Leave out so many sequence numbers: after a restore, units may have seen those that came next."""
        store.leap(connection, numbers)

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

    def _sealed(self, connection: Connection, recipient: Unit, message_type: MessageType, payload: bytes) -> bytes:
        return seal(
            payload,
            message_type=message_type,
            sender=self._identity,
            recipient=recipient.identity,
            sequence=store.next_sequence(connection),
            now=self._clock(),
        )

    def _put(self, connection: Connection, action: AuditAction, unit: Unit, now: int) -> None:
        store.put(connection, unit)
        record(connection, action, actor=self._identity.name, subject=unit.id, at=now, site=unit.site)


def _place(unit: UnitId) -> str:
    return f"outbound_messages/payload/{unit}"
