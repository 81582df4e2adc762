"""From the bytes that the broker delivers to what can be committed, without the database's one writer.

It costs most of the time of taking a message in, so it is done before the transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from faults import RejectedError
from hub.atrest import Vault
from hub.db import Database
from hub.fleet.service import FleetService
from hub.found.service import FoundArrival, read_found
from hub.ingest.model import SealedConsent, SealedFace
from hub.ingest.reader import place
from hub.ingest.withdrawals import TakenBack, read_taken_back
from models.images import decode_image
from protocol import cbor
from protocol.consent import ConsentRecord, open_record
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.errors import FieldError, UnknownVersionError, WrongTopicError
from protocol.health import Health
from protocol.ids import SightingId, UnitId
from protocol.keys import Identity, PrivateIdentity
from protocol.losses import Losses
from protocol.sighting import Face, Sighting
from protocol.topics import UnitChannel, parse_unit_topic

UNKNOWN_SENDER = "unknown"
_CROP_SHAPE = (112, 112, 3)
_NUMBERED: Final = {
    UnitChannel.SIGHTINGS: MessageType.SIGHTING,
    UnitChannel.FOUND: MessageType.FOUND,
    UnitChannel.LOSSES: MessageType.LOSS,
    UnitChannel.WITHDRAWALS: MessageType.WITHDRAWAL,
}
"""What units number and keep until its receipt, by the channel on which it comes."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker delivered."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SoundSighting:
    """A sighting without a fault in itself, with what of it is encrypted at rest."""

    sighting: Sighting
    sealed_basis_reference: bytes
    sealed_consent: SealedConsent
    sealed_circumstances: bytes
    sealed_face: SealedFace | None


Content = SoundSighting | FoundArrival | Losses | TakenBack


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message that its unit keeps until it is settled. The unit signed it, so that a fault in it is for good."""

    unit: UnitId
    sequence: int
    digest: bytes  # SHA-256 of the envelope
    content: Content | RejectedError


@dataclass(frozen=True, slots=True)
class Report:
    """A unit's health."""

    unit: UnitId
    sequence: int
    health: Health


@dataclass(frozen=True, slots=True)
class Gone:
    """The broker's word that a unit's connection broke."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is not taken in. `sender`: on whose topic it came, which the broker vouches for."""

    sender: str
    error: RejectedError


OpenedMessage = Numbered | Report | Gone | Refused


class Opener:
    """Opens the messages of one hub's units."""

    def __init__(self, database: Database, identity: PrivateIdentity, vault: Vault, fleet: FleetService) -> None:
        """`identity`: the hub's own."""
        self._database = database
        self._identity = identity
        self._vault = vault
        self._fleet = fleet

    def open_all(self, messages: Sequence[Message]) -> list[OpenedMessage]:
        """Verify, open and decode. Raises DatabaseUnavailableError when it cannot be asked for the senders."""
        addressed = [_addressed(message) for message in messages]
        units = {one.unit for one in addressed if isinstance(one, _Addressed)}
        with self._database.read() as connection:
            senders = self._fleet.identities(connection, units)
        return [one if isinstance(one, Refused) else self._open(one, senders.get(one.unit)) for one in addressed]

    def _open(self, message: "_Addressed", sender: Identity | None) -> OpenedMessage:
        unit = message.unit

        def open_as(expected: MessageType) -> Opened:
            return _unseal(message, sender, self._identity, expected)

        try:
            match message.channel:
                case channel if channel in _NUMBERED:
                    return self._numbered(open_as(_NUMBERED[channel]), self._decoder(channel, sender))
                case UnitChannel.HEALTH:
                    opened = open_as(MessageType.HEALTH)
                    return Report(unit, opened.header.sequence, Health.from_bytes(opened.payload))
                case UnitChannel.PRESENCE:
                    if message.payload:
                        raise FieldError("The last will of a unit's connection is empty.")
                    return Gone(unit)
                case channel:
                    raise WrongTopicError("The hub takes in nothing on the topic of {channel}.", channel=channel)
        except RejectedError as error:
            return Refused(unit, error)

    def _decoder(self, channel: UnitChannel, sender: Identity | None) -> Callable[[UnitId, bytes], Content]:
        match channel:
            case UnitChannel.FOUND:
                return partial(read_found, self._vault, sender)
            case UnitChannel.LOSSES:
                return _losses
            case UnitChannel.WITHDRAWALS:
                return partial(read_taken_back, sender)
            case _:
                return partial(self._sighting, sender)

    def _numbered(self, opened: Opened, decode: Callable[[UnitId, bytes], Content]) -> Numbered:
        unit = UnitId(opened.header.sender)
        content: Content | RejectedError
        try:
            content = decode(unit, opened.payload)
        except UnknownVersionError:
            raise  # A later program could read it: it stays with its unit.
        except RejectedError as error:
            content = error
        return Numbered(unit, opened.header.sequence, opened.digest, content)

    def _sighting(self, sender: Identity | None, unit: UnitId, payload: bytes) -> SoundSighting:
        sighting = Sighting.from_bytes(payload)
        _require_sound(unit, sighting)
        record = open_record(sighting.consent, lambda _name: sender)
        _require_permitted(record, sighting)
        sealed = self._vault.encrypt(sighting.consent, place(sighting.sighting_id, "consent"))
        # A later search comes when its template was kept for long already.
        days = record.periods.intake + (record.periods.template if sighting.retrospective else 0)
        consent = SealedConsent(record.record_id.hex(), sealed, record.withdrawal.hex(), days)
        basis = self._vault.encrypt(sighting.basis_reference.encode(), place(sighting.sighting_id, "basis"))
        circumstances = self._vault.encrypt(
            cbor.encode(sighting.circumstances.to_value()), place(sighting.sighting_id, "circumstances")
        )
        face = None if sighting.face is None else self._seal(sighting.sighting_id, sighting.face)
        return SoundSighting(sighting, basis, consent, circumstances, face)

    def _seal(self, sighting_id: SightingId, face: Face) -> SealedFace:
        return SealedFace(
            self._vault.encrypt(face.crop, place(sighting_id, "crop")),
            self._vault.encrypt(face.portrait, place(sighting_id, "portrait")),
        )


@dataclass(frozen=True, slots=True)
class _Addressed:
    unit: UnitId
    channel: UnitChannel
    payload: bytes


def _addressed(message: Message) -> _Addressed | Refused:
    try:
        return _Addressed(*parse_unit_topic(message.topic), message.payload)
    except RejectedError as error:
        return Refused(UNKNOWN_SENDER, error)


def _unseal(message: _Addressed, sender: Identity | None, recipient: PrivateIdentity, expected: MessageType) -> Opened:
    def find_sender(name: str) -> Identity | None:
        if name != message.unit:
            raise WrongTopicError("A message of another sender came on a topic of {unit}.", unit=message.unit)
        return sender

    return open_envelope(message.payload, recipient=recipient, find_sender=find_sender, expected=expected)


def _losses(_unit: UnitId, payload: bytes) -> Losses:
    return Losses.from_bytes(payload)


def _require_sound(unit: UnitId, sighting: Sighting) -> None:
    if sighting.unit != unit:
        raise FieldError("A sighting of another unit came in a message of {unit}.", unit=unit)
    if len({candidate.case for candidate in sighting.candidates}) != len(sighting.candidates):
        raise FieldError("A sighting names one case twice.")
    if sighting.face is not None:
        # Reviewers' browsers will be given the portrait: it must be a picture.
        decode_image(sighting.face.portrait)
        if decode_image(sighting.face.crop).shape != _CROP_SHAPE:
            raise FieldError("The aligned face of a sighting has 112 × 112 pixels.")


def _require_permitted(record: ConsentRecord, sighting: Sighting) -> None:
    """Raises FieldError when the record is not of this intake."""
    if record.of_found_child:
        raise FieldError("The consent record of a found child permits no intake.")
    same = (record.unit, record.site, record.reference, record.basis.kind) == (
        sighting.unit,
        sighting.site,
        sighting.reference,
        sighting.legal_basis,
    )
    if not same:
        raise FieldError("A sighting carries the consent record of another intake.")
