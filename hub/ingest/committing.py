"""What a message changes in the database, inside the transaction of its whole group."""

from dataclasses import dataclass, replace
from typing import assert_never

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService, UnknownCaseError
from hub.clock import HOUR, Clock
from hub.fleet.service import FleetService, KnownMessage, Standing
from hub.ingest import store
from hub.ingest.model import Arrival
from hub.ingest.opening import Gone, Numbered, OpenedMessage, Refused, Report, SoundSighting
from hub.review.service import ReviewService
from protocol.envelope import MessageType
from protocol.errors import ReplayedError
from protocol.losses import Losses
from protocol.receipt import Receipt, Verdict
from protocol.sighting import Candidate, Sighting
from protocol.topics import UnitChannel, unit_topic

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the broker is given once the transaction is on disk, and not before."""

    topic: str
    envelope: bytes


class Committer:
    """Takes opened messages into the rooms of a hub."""

    def __init__(self, fleet: FleetService, cases: CaseService, review: ReviewService, clock: Clock) -> None:
        self._fleet = fleet
        self._cases = cases
        self._review = review
        self._clock = clock

    def take(self, connection: Connection, message: OpenedMessage) -> Reply | None:
        """Take in one message, or refuse it, and leave the other messages of the transaction as they are.

        Raises DatabaseUnavailableError, which ends the transaction for all of them.
        """
        if isinstance(message, Refused):
            self._count(connection, message)
            return None
        try:
            match message:
                case Numbered():
                    return self._settle(connection, message)
                case Report():
                    return self._take_report(connection, message)
                case Gone():
                    self._fleet.note_gone(connection, message.unit)
                case _:
                    assert_never(message)
        except RejectedError as error:
            # Of a report that is not newer, or a unit that was withdrawn since its message was opened.
            self._count(connection, Refused(message.unit, error))
        return None

    def _take_report(self, connection: Connection, message: Report) -> Reply | None:
        with connection.begin_nested():
            answer = self._fleet.take_health(connection, message.unit, message.sequence, message.health)
        return None if answer is None else Reply(unit_topic(message.unit, UnitChannel.TIME), answer)

    def _settle(self, connection: Connection, message: Numbered) -> Reply:
        """Commit a message, or refuse it for good, and say so in a receipt; the same again for every repetition."""
        try:
            with connection.begin_nested():
                known = self._account(connection, message)
        except RejectedError as error:
            known = self._refuse_for_good(connection, message, error)
        verdict = Verdict.REFUSED if known.standing is Standing.REFUSED else Verdict.COMMITTED
        receipt = Receipt(message.digest, known.at, verdict)
        envelope = self._fleet.seal(connection, message.unit, MessageType.RECEIPT, receipt.to_bytes())
        return Reply(unit_topic(message.unit, UnitChannel.RECEIPTS), envelope)

    def _account(self, connection: Connection, message: Numbered) -> KnownMessage:
        known = self._fleet.known_message(connection, message.unit, message.sequence)
        if known is None:
            known = KnownMessage(message.digest, self._commit(connection, message), self._clock())
            self._fleet.note_message(connection, message.unit, message.sequence, known)
        elif known.digest != message.digest:
            raise ReplayedError(f"Another message of {message.unit} had this number before.")
        return known

    def _commit(self, connection: Connection, message: Numbered) -> Standing:
        """Raises what makes the message impossible to take, ever."""
        match message.content:
            case SoundSighting():
                self._commit_sighting(connection, message, message.content)
                return Standing.SIGHTING
            case Losses():
                self._fleet.take_losses(connection, message.unit, message.sequence, message.content)
                return Standing.LOSS
            case error:
                raise error

    def _commit_sighting(self, connection: Connection, message: Numbered, content: SoundSighting) -> None:
        sighting = content.sighting
        if store.is_known(connection, sighting.sighting_id):
            raise ReplayedError(f"Another message of {message.unit} brought this sighting before.")
        now = self._clock()
        named = len(sighting.candidates)
        sighting = self._without_unknown_cases(connection, sighting)
        arrival = Arrival(message.sequence, message.digest, now)
        store.insert_sighting(connection, sighting, arrival, content.sealed_basis_reference)
        if sighting.face is not None and content.sealed_face is not None:
            crop, portrait = content.sealed_face.crop, content.sealed_face.portrait
            store.insert_face(connection, sighting.sighting_id, crop=crop, portrait=portrait)
        _record(connection, sighting, now, dropped=named - len(sighting.candidates))
        for candidate in sighting.candidates:
            self._review.open(connection, sighting_id=sighting.sighting_id, candidate=candidate, at=now)

    def _without_unknown_cases(self, connection: Connection, sighting: Sighting) -> Sighting:
        """The sighting without candidates whose case the hub does not hold: erased since, or of an earlier database."""
        known = [candidate for candidate in sighting.candidates if self._knows(connection, candidate)]
        if len(known) == len(sighting.candidates):
            return sighting
        ranked = tuple(replace(candidate, rank=rank) for rank, candidate in enumerate(known, 1))
        return replace(sighting, candidates=ranked, face=sighting.face if ranked else None)

    def _knows(self, connection: Connection, candidate: Candidate) -> bool:
        try:
            self._cases.require_photo(connection, candidate.case, candidate.photo)
        except UnknownCaseError:
            return False
        return True

    def _refuse_for_good(self, connection: Connection, message: Numbered, error: RejectedError) -> KnownMessage:
        """Account for a message that can never be taken."""
        unit, number, now = message.unit, message.sequence, self._clock()
        refused = KnownMessage(message.digest, Standing.REFUSED, now)
        if self._fleet.known_message(connection, unit, number) is None:
            self._fleet.note_message(connection, unit, number, refused)
            reason = type(error).__name__
            record(
                connection, AuditAction.MESSAGE_REFUSED, actor=unit, subject=unit, at=now, number=number, reason=reason
            )
        self._count(connection, Refused(unit, error))
        return refused

    def _count(self, connection: Connection, refused: Refused) -> None:
        # Every refusal is counted. The audit gets the first of each kind and hour from each unit, so that a unit
        # that sends rubbish as fast as it can adds a few rows a day and not a few a second. The broker lets a unit
        # publish on its own topics alone, so `sender` cannot be used up by another.
        sender, reason = refused.sender, type(refused.error).__name__
        now = self._clock()
        if store.count_rejection(connection, sender, reason, now // HOUR) == 1:
            record(connection, AuditAction.MESSAGE_REJECTED, actor=sender, subject=sender, at=now, reason=reason)
        _log.warning("message.rejected", sender=sender, reason=reason)


def _record(connection: Connection, sighting: Sighting, now: int, *, dropped: int) -> None:
    action = AuditAction.SIGHTING_RECEIVED if sighting.candidates else AuditAction.SIGHTING_WITHOUT_CANDIDATES
    record(
        connection,
        action,
        actor=sighting.unit,
        subject=sighting.sighting_id,
        at=now,
        candidates=len(sighting.candidates),
        dropped=dropped,
    )
