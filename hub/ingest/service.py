"""From a message of a unit to a committed sighting and its receipt."""

from collections.abc import Callable
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService, UnknownCaseError
from hub.clock import HOUR, Clock
from hub.db import Database
from hub.fleet.service import FleetService, KnownMessage, Standing
from hub.ingest import store
from hub.ingest.model import Arrival, Counts, IntakeFacts, StoredSighting
from hub.ingest.reader import SightingReader, UnknownSightingError, place
from hub.review.service import ReviewService
from models.images import decode_image
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.errors import FieldError, ReplayedError, UnknownVersionError, WrongTopicError
from protocol.health import Health
from protocol.ids import SightingId, UnitId
from protocol.keys import PrivateIdentity
from protocol.losses import Losses
from protocol.receipt import Receipt, Verdict
from protocol.sighting import Candidate, Face, Sighting
from protocol.topics import UnitChannel, parse_unit_topic, unit_topic

__all__ = ["Counts", "IngestService", "IntakeFacts", "SightingReader", "StoredSighting", "UnknownSightingError"]

_CROP_SHAPE = (112, 112, 3)
_UNKNOWN_SENDER = "unknown"

_log = structlog.get_logger()


class IngestService:
    """Takes in what the broker delivers. It may be called again with the same message any number of times."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        identity: PrivateIdentity,
        *,
        fleet: FleetService,
        cases: CaseService,
        review: ReviewService,
        publish: Callable[[str, bytes], None],
        clock: Clock,
    ) -> None:
        """`identity`: the hub's own. `publish(topic, envelope)` takes receipts for sending."""
        self._database = database
        self._vault = vault
        self._identity = identity
        self._fleet = fleet
        self._cases = cases
        self._review = review
        self._publish = publish
        self._clock = clock

    def receive(self, topic: str, payload: bytes) -> None:
        """Take in one message. When this returns, the broker may forget it: it is committed, or refused and audited.

        Raises UnavailableError when the database or the broker cannot take something now: try again.
        """
        sender: str = _UNKNOWN_SENDER
        try:
            unit, channel = parse_unit_topic(topic)
            sender = unit
            self._take(unit, channel, payload)
        except RejectedError as error:
            self._refuse(sender, error)

    def _take(self, unit: UnitId, channel: UnitChannel, payload: bytes) -> None:
        match channel:
            case UnitChannel.SIGHTINGS:
                self._take_numbered(unit, self._open(unit, payload, MessageType.SIGHTING), self._commit_sighting)
            case UnitChannel.LOSSES:
                self._take_numbered(unit, self._open(unit, payload, MessageType.LOSS), self._commit_losses)
            case UnitChannel.HEALTH:
                self._take_health(unit, self._open(unit, payload, MessageType.HEALTH))
            case UnitChannel.PRESENCE:
                self._take_presence(unit, payload)
            case _:
                raise WrongTopicError(f"The hub takes in nothing on the topic of {channel}.")

    def _open(self, unit: UnitId, payload: bytes, expected: MessageType) -> Opened:
        opened = open_envelope(
            payload, recipient=self._identity, find_sender=self._fleet.find_sender, expected=expected
        )
        if opened.header.sender != unit:
            raise WrongTopicError(f"A message of another sender came on a topic of {unit}.")
        return opened

    def _take_health(self, unit: UnitId, opened: Opened) -> None:
        health = Health.from_bytes(opened.payload)
        with self._database.begin() as connection:
            answer = self._fleet.take_health(connection, unit, opened.header.sequence, health)
        if answer is not None:
            self._publish(unit_topic(unit, UnitChannel.TIME), answer)

    def _take_presence(self, unit: UnitId, payload: bytes) -> None:
        if payload:
            raise FieldError("The last will of a unit's connection is empty.")
        with self._database.begin() as connection:
            self._fleet.note_gone(connection, unit)

    def _take_numbered(
        self, unit: UnitId, opened: Opened, commit: Callable[[Connection, UnitId, Opened], Standing]
    ) -> None:
        """Commit a message, or refuse it for good, and say so in a receipt; again for every repetition.

        The unit signed what is in `opened`, so that it would be wrong again. Only a later program could read a version
        that this one does not: that message stays with its unit.
        """
        try:
            with self._database.begin() as connection:
                receipt = self._settle(connection, unit, opened, commit)
                envelope = self._fleet.seal(connection, unit, MessageType.RECEIPT, receipt.to_bytes())
        except UnknownVersionError:
            raise
        except RejectedError as error:
            envelope = self._refuse_for_good(unit, opened, error)
        # Only now: a receipt says that the message is on this disk. If it is lost, the unit sends the message
        # again and gets another.
        self._publish(unit_topic(unit, UnitChannel.RECEIPTS), envelope)

    def _settle(
        self,
        connection: Connection,
        unit: UnitId,
        opened: Opened,
        commit: Callable[[Connection, UnitId, Opened], Standing],
    ) -> Receipt:
        known = self._fleet.known_message(connection, unit, opened.header.sequence)
        if known is None:
            known = KnownMessage(opened.digest, commit(connection, unit, opened), self._clock())
            self._fleet.note_message(connection, unit, opened.header.sequence, known)
        elif known.digest != opened.digest:
            raise ReplayedError(f"Another message of {unit} had this number before.")
        return _receipt(opened, known)

    def _commit_losses(self, connection: Connection, unit: UnitId, opened: Opened) -> Standing:
        self._fleet.take_losses(connection, unit, Losses.from_bytes(opened.payload))
        return Standing.LOSS

    def _commit_sighting(self, connection: Connection, unit: UnitId, opened: Opened) -> Standing:
        """Raises what makes a sighting impossible to take, ever."""
        sighting = Sighting.from_bytes(opened.payload)
        _require_sound(unit, sighting)
        if store.is_known(connection, sighting.sighting_id):
            raise ReplayedError(f"Another message of {unit} brought this sighting before.")
        now = self._clock()
        named = len(sighting.candidates)
        sighting = self._without_unknown_cases(connection, sighting)
        arrival = Arrival(opened.header.sequence, opened.digest, now)
        basis = self._vault.encrypt(sighting.basis_reference.encode(), place(sighting.sighting_id, "basis"))
        store.insert_sighting(connection, sighting, arrival, basis)
        if sighting.face is not None:
            self._insert_face(connection, sighting.sighting_id, sighting.face)
        self._record(connection, sighting, now, dropped=named - len(sighting.candidates))
        for candidate in sighting.candidates:
            self._review.open(connection, sighting_id=sighting.sighting_id, candidate=candidate, at=now)
        return Standing.SIGHTING

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

    def _insert_face(self, connection: Connection, sighting_id: SightingId, face: Face) -> None:
        store.insert_face(
            connection,
            sighting_id,
            crop=self._vault.encrypt(face.crop, place(sighting_id, "crop")),
            portrait=self._vault.encrypt(face.portrait, place(sighting_id, "portrait")),
        )

    def _record(self, connection: Connection, sighting: Sighting, now: int, *, dropped: int) -> None:
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

    def _refuse_for_good(self, unit: UnitId, opened: Opened, error: RejectedError) -> bytes:
        """Account for a message that can never be taken; the receipt that lets its unit forget it."""
        reason, number, now = type(error).__name__, opened.header.sequence, self._clock()
        refused = KnownMessage(opened.digest, Standing.REFUSED, now)
        with self._database.begin() as connection:
            if self._fleet.known_message(connection, unit, number) is None:
                self._fleet.note_message(connection, unit, number, refused)
                record(
                    connection,
                    AuditAction.MESSAGE_REFUSED,
                    actor=unit,
                    subject=unit,
                    at=now,
                    number=number,
                    reason=reason,
                )
            envelope = self._fleet.seal(connection, unit, MessageType.RECEIPT, _receipt(opened, refused).to_bytes())
        self._refuse(unit, error)
        return envelope

    def _refuse(self, sender: str, error: RejectedError) -> None:
        # Every refusal is counted. The audit gets the first of each kind and hour from each unit, so that a unit
        # that sends rubbish as fast as it can adds a few rows a day and not a few a second. The broker lets a unit
        # publish on its own topics alone, so `sender` cannot be used up by another.
        reason = type(error).__name__
        now = self._clock()
        with self._database.begin() as connection:
            if store.count_rejection(connection, sender, reason, now // HOUR) == 1:
                record(connection, AuditAction.MESSAGE_REJECTED, actor=sender, subject=sender, at=now, reason=reason)
        _log.warning("message.rejected", sender=sender, reason=reason)


def _receipt(opened: Opened, known: KnownMessage) -> Receipt:
    verdict = Verdict.REFUSED if known.standing is Standing.REFUSED else Verdict.COMMITTED
    return Receipt(opened.digest, known.at, verdict)


def _require_sound(unit: UnitId, sighting: Sighting) -> None:
    if sighting.unit != unit:
        raise FieldError(f"A sighting of another unit came in a message of {unit}.")
    if len({candidate.case for candidate in sighting.candidates}) != len(sighting.candidates):
        raise FieldError("A sighting names one case twice.")
    if sighting.face is not None:
        # Reviewers' browsers will be given the portrait: it must be a picture.
        decode_image(sighting.face.portrait)
        if decode_image(sighting.face.crop).shape != _CROP_SHAPE:
            raise FieldError("The aligned face of a sighting has 112 × 112 pixels.")
