"""From a message of a unit to a committed sighting and its receipt."""

from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService
from hub.clock import HOUR, Clock
from hub.db import Database
from hub.fleet.service import FleetService
from hub.ingest import store
from hub.ingest.model import Arrival, Counts, IntakeFacts, StoredSighting
from hub.ingest.reader import SightingReader, UnknownSightingError, place
from hub.review.service import ReviewService
from models.images import decode_image
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.errors import FieldError, ReplayedError, WrongTopicError
from protocol.health import Health
from protocol.ids import SightingId, UnitId
from protocol.keys import PrivateIdentity
from protocol.receipt import Receipt
from protocol.sighting import Face, Sighting
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
                opened = self._open(unit, payload, MessageType.SIGHTING)
                self._take_sighting(unit, opened, Sighting.from_bytes(opened.payload))
            case UnitChannel.HEALTH:
                opened = self._open(unit, payload, MessageType.HEALTH)
                self._fleet.record_health(unit, opened.header.sequence, Health.from_bytes(opened.payload))
            case _:
                raise WrongTopicError(f"The hub takes in nothing on the topic of {channel}.")

    def _open(self, unit: UnitId, payload: bytes, expected: MessageType) -> Opened:
        opened = open_envelope(
            payload, recipient=self._identity, find_sender=self._fleet.find_sender, expected=expected
        )
        if opened.header.sender != unit:
            raise WrongTopicError(f"A message of another sender came on a topic of {unit}.")
        return opened

    def _take_sighting(self, unit: UnitId, opened: Opened, sighting: Sighting) -> None:
        _require_sound(unit, sighting)
        with self._database.begin() as connection:
            committed_at = self._commit(connection, opened, sighting)
            receipt = Receipt(sighting.sighting_id, opened.digest, committed_at)
            envelope = self._fleet.seal(connection, unit, MessageType.RECEIPT, receipt.to_bytes())
        # Only now: a receipt says that the sighting is on this disk. If it is lost, the unit sends the sighting
        # again and gets another.
        self._publish(unit_topic(unit, UnitChannel.RECEIPTS), envelope)

    def _commit(self, connection: Connection, opened: Opened, sighting: Sighting) -> int:
        """When the sighting was committed: now, or before. Raises ReplayedError or UnknownCaseError."""
        sequence = opened.header.sequence
        known = store.arrivals(connection, sighting.sighting_id, sighting.unit, sequence)
        if known:
            if [arrival.digest for arrival in known] != [opened.digest]:
                raise ReplayedError(f"Another message of {sighting.unit} had this sighting's number before.")
            return known[0].received_at
        now = self._clock()
        arrival = Arrival(sequence, opened.digest, now)
        basis = self._vault.encrypt(sighting.basis_reference.encode(), place(sighting.sighting_id, "basis"))
        for candidate in sighting.candidates:
            self._cases.require_photo(connection, candidate.case, candidate.photo)
        store.insert_sighting(connection, sighting, arrival, basis)
        if sighting.face is not None:
            self._insert_face(connection, sighting.sighting_id, sighting.face)
        self._record(connection, sighting, now)
        for candidate in sighting.candidates:
            self._review.open(connection, sighting_id=sighting.sighting_id, candidate=candidate, at=now)
        return now

    def _insert_face(self, connection: Connection, sighting_id: SightingId, face: Face) -> None:
        store.insert_face(
            connection,
            sighting_id,
            crop=self._vault.encrypt(face.crop, place(sighting_id, "crop")),
            portrait=self._vault.encrypt(face.portrait, place(sighting_id, "portrait")),
        )

    def _record(self, connection: Connection, sighting: Sighting, now: int) -> None:
        action = AuditAction.SIGHTING_RECEIVED if sighting.candidates else AuditAction.SIGHTING_WITHOUT_CANDIDATES
        record(
            connection,
            action,
            actor=sighting.unit,
            subject=sighting.sighting_id,
            at=now,
            candidates=len(sighting.candidates),
        )

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
