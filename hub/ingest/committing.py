"""What messages that came together change in the database, inside one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.audit.service import AuditAction, record, recorded_together
from hub.clock import HOUR, Clock
from hub.fleet.service import FleetService, KnownMessage, Place, Reserved, Standing, UnknownUnitError
from hub.found.service import FoundArrival
from hub.ingest import rejection_store
from hub.ingest.keeping import FoundKeeper, SightingKeeper
from hub.ingest.opening import Gone, Numbered, OpenedMessage, Refused, Report, SoundSighting
from hub.ingest.withdrawals import TakenBack, Withdrawals
from hub.staff.service import Named, StaffService
from protocol.envelope import MessageType
from protocol.errors import ReplayedError
from protocol.ids import UnitId
from protocol.keys import Identity
from protocol.losses import Losses
from protocol.receipt import Receipt, Verdict
from protocol.topics import UnitChannel

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a unit is told once the transaction is on disk, and not before."""

    unit: UnitId
    channel: UnitChannel
    type: MessageType
    payload: bytes


class Committer:
    """Takes opened messages into the rooms of a hub."""

    def __init__(
        self,
        *,
        fleet: FleetService,
        keeper: SightingKeeper,
        found: FoundKeeper,
        staff: StaffService,
        withdrawals: Withdrawals,
        clock: Clock,
    ) -> None:
        self._fleet = fleet
        self._keeper = keeper
        self._found = found
        self._staff = staff
        self._withdrawals = withdrawals
        self._clock = clock

    def take_all(self, connection: Connection, messages: Sequence[OpenedMessage]) -> list[tuple[Reply, Reserved]]:
        """Take in messages, or refuse them, each without harm to the others. Returns what is to be sealed and sent.

        Raises DatabaseUnavailableError, which ends the transaction for all of them.
        """
        units = {message.unit for message in messages if not isinstance(message, Refused)}
        active = self._fleet.identities(connection, units)
        replies: list[Reply] = []
        present = [_unless_withdrawn(message, active) for message in messages]
        # Runs, so that everything is taken in its order: what a report says is held against what came before it.
        for are_sightings, run in groupby(present, _is_sound_sighting):
            if are_sightings:
                replies += self._settle(connection, [one for one in run if isinstance(one, Numbered)])
            else:
                for message in run:
                    replies += self._take(connection, message)
        reserved = self._fleet.reserve(connection, [active[reply.unit] for reply in replies])
        return list(zip(replies, reserved, strict=True))

    def _take(self, connection: Connection, message: OpenedMessage) -> list[Reply]:
        match message:
            case Numbered():
                return self._settle(connection, [message])
            case Report():
                return self._take_report(connection, message)
            case Gone():
                self._fleet.note_gone(connection, message.unit)
            case Refused():
                self._count(connection, message)
            case _:
                assert_never(message)
        return []

    def _take_report(self, connection: Connection, message: Report) -> list[Reply]:
        try:
            with connection.begin_nested():
                answer = self._fleet.take_health(connection, message.unit, message.sequence, message.health)
        except RejectedError as error:
            self._count(connection, Refused(message.unit, error))
            return []
        time = [] if answer is None else [Reply(message.unit, UnitChannel.TIME, MessageType.TIME, answer.to_bytes())]
        site = self._fleet.unit(connection, message.unit).site
        staff = self._staff.answer(connection, site, message.health.staff_serial)
        return time if staff is None else [*time, Reply(message.unit, UnitChannel.STAFF, MessageType.STAFF, staff)]

    def _settle(self, connection: Connection, messages: Sequence[Numbered]) -> list[Reply]:
        """Commit messages, or refuse them for good, and say so in receipts; the same again for every repetition.

        Sightings, or one message of another kind. If one is at fault, halves are tried, down to the one.
        """
        try:
            with connection.begin_nested(), recorded_together(connection):
                known = self._account(connection, messages)
        except RejectedError as error:
            if len(messages) > 1:
                middle = len(messages) // 2
                return self._settle(connection, messages[:middle]) + self._settle(connection, messages[middle:])
            known = [self._refuse_for_good(connection, messages[0], error)]
        return [_receipt(message.unit, one) for message, one in zip(messages, known, strict=True)]

    def _account(self, connection: Connection, messages: Sequence[Numbered]) -> list[KnownMessage]:
        """What becomes of each message. Raises what makes one of them impossible to take, ever."""
        known = self._fleet.known_messages(connection, {_place(message) for message in messages})
        new: dict[Place, Numbered] = {}
        for message in messages:
            earlier = known.get(_place(message)) or new.setdefault(_place(message), message)
            if earlier.digest != message.digest:
                raise ReplayedError("Another message of {unit} had this number before.", unit=message.unit)
        if new:
            standing, now = self._commit(connection, list(new.values())), self._clock()
            noted = {place: KnownMessage(message.digest, standing, now) for place, message in new.items()}
            self._fleet.note_messages(connection, noted)
            known |= noted
        return [known[_place(message)] for message in messages]

    def _commit(self, connection: Connection, messages: Sequence[Numbered]) -> Standing:
        self._note_doubts(connection, messages)
        for message in messages:
            match message.content:
                case Losses() as losses:
                    self._fleet.take_losses(connection, message.unit, message.sequence, losses)
                    return Standing.LOSS
                case FoundArrival() as arrival:
                    self._found.keep(connection, arrival)
                    return Standing.FOUND
                case TakenBack() as taken_back:
                    unit, number = message.unit, message.sequence
                    self._withdrawals.hear(connection, unit, number, taken_back, self._clock())
                    return Standing.WITHDRAWAL
                case RejectedError() as error:
                    raise error
        sound = [(one, one.content) for one in messages if isinstance(one.content, SoundSighting)]
        self._keeper.keep(connection, sound)
        return Standing.SIGHTING

    def _note_doubts(self, connection: Connection, messages: Sequence[Numbered]) -> None:
        """Note which messages name somebody who is not of their site's staff. They are taken all the same."""
        named = {_place(message): who for message in messages if (who := self._named(connection, message)) is not None}
        doubts = self._staff.doubts(connection, set(named.values()))
        for (unit, number), who in named.items():
            if who in doubts:
                action, reason = AuditAction.STAFF_DOUBTED, str(doubts[who])
                record(connection, action, actor=unit, subject=unit, at=self._clock(), number=number, reason=reason)

    def _named(self, connection: Connection, message: Numbered) -> Named | None:
        """Who of the staff sent a message, as it says, and from which site."""
        match message.content:
            case SoundSighting(sighting=sighting):
                staff, site = sighting.circumstances.staff, sighting.site
            case FoundArrival(found=found):
                staff, site = found.staff, found.site
            case TakenBack(staff=staff):
                site = self._fleet.unit(connection, message.unit).site
            case _:
                return None
        return None if staff is None else (staff, site)

    def _refuse_for_good(self, connection: Connection, message: Numbered, error: RejectedError) -> KnownMessage:
        """Account for a message that can never be taken."""
        unit, place, now = message.unit, _place(message), self._clock()
        refused = KnownMessage(message.digest, Standing.REFUSED, now)
        if not self._fleet.known_messages(connection, {place}):
            self._fleet.note_messages(connection, {place: refused})
            action, reason = AuditAction.MESSAGE_REFUSED, type(error).__name__
            record(connection, action, actor=unit, subject=unit, at=now, number=message.sequence, reason=reason)
        self._count(connection, Refused(unit, error))
        return refused

    def _count(self, connection: Connection, refused: Refused) -> None:
        # Every refusal is counted. The audit gets the first of each kind and hour from each unit, so that a unit
        # that sends rubbish as fast as it can adds a few rows a day and not a few a second. The broker lets a unit
        # publish on its own topics alone, so `sender` cannot be used up by another.
        sender, reason = refused.sender, type(refused.error).__name__
        now = self._clock()
        if rejection_store.add(connection, sender, reason, now // HOUR) == 1:
            record(connection, AuditAction.MESSAGE_REJECTED, actor=sender, subject=sender, at=now, reason=reason)
        _log.warning("message.rejected", sender=sender, reason=reason)


def _unless_withdrawn(message: OpenedMessage, active: dict[str, Identity]) -> OpenedMessage:
    # A message was opened a moment before, and then its unit was withdrawn. That its connection broke may be noted.
    if isinstance(message, Refused | Gone) or message.unit in active:
        return message
    return Refused(message.unit, UnknownUnitError("The unit {unit} was withdrawn.", unit=message.unit))


def _is_sound_sighting(message: OpenedMessage) -> bool:
    return isinstance(message, Numbered) and isinstance(message.content, SoundSighting)


def _place(message: Numbered) -> Place:
    return message.unit, message.sequence


def _receipt(unit: UnitId, message: KnownMessage) -> Reply:
    verdict = Verdict.REFUSED if message.standing is Standing.REFUSED else Verdict.COMMITTED
    receipt = Receipt(message.digest, message.at, verdict)
    return Reply(unit, UnitChannel.RECEIPTS, MessageType.RECEIPT, receipt.to_bytes())
