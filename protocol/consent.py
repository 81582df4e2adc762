"""The record of what permits an intake, in the terms of ISO/IEC TS 27560:2023, signed by its unit.

    signed record = CBOR [ "mca-consent", record: bytes, signature ]
    signature     = Ed25519(unit, "mca/consent/1\\0" ‖ record)

It names nobody but the official or the authority that decided: the person is known by the reference on paper.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.basis import Basis, Language
from protocol.errors import BadSignatureError, FieldError, MalformedError, UnknownSenderError
from protocol.fields import Fields
from protocol.ids import HubId, SiteId, UnitId, owner, parse_hub_id, parse_site_id, parse_unit_id
from protocol.keys import SIGNATURE_BYTES, Identity, SigningKey
from protocol.moment import Moment
from protocol.sighting import MAX_CONSENT, LegalBasis

SCHEMA: Final = "ISO/IEC TS 27560:2023"
VERSION: Final = 1
MAX_SIGNED: Final = MAX_CONSENT
RECORD_ID_BYTES: Final = 16
TOKEN_BYTES: Final = 16

_MAGIC = "mca-consent"
_CONTEXT = b"mca/consent/1\0"
_MAX_DAYS = 36500


class Purpose(StrEnum):
    """What the photograph is used for."""

    COMPARE = "compare-with-missing-children"
    SEARCH_AGAIN = "search-again-when-children-are-added"
    FIND_FAMILY = "find-the-family-of-a-found-child"


class Category(StrEnum):
    """What is taken and kept of a person."""

    FACE_IMAGE = "face-image"
    FACE_TEMPLATE = "face-template"
    AGE_BAND = "age-band"
    SEX = "sex"
    NAME = "name-as-the-child-says-it"
    LANGUAGES = "languages"
    MARKS = "marks-of-the-body"
    CLOTHING = "clothing"
    CIRCUMSTANCES = "circumstances"


class Recipient(StrEnum):
    """Who may see it besides the staff of the unit."""

    REVIEWERS = "reviewers-of-the-hub"
    ALERTED = "authorities-that-are-alerted"
    REGISTER = "case-officers-of-the-hub"


_SAME_TEXTS: Final = {"schema_version": SCHEMA, "event_type": "basis-recorded"}
_OF_AN_INTAKE: Final = (
    (
        Category.FACE_IMAGE,
        Category.FACE_TEMPLATE,
        Category.AGE_BAND,
        Category.SEX,
        Category.NAME,
        Category.LANGUAGES,
        Category.CIRCUMSTANCES,
    ),
    (Recipient.REVIEWERS, Recipient.ALERTED),
)
_OF_A_FOUND_CHILD: Final = (tuple(Category), tuple(Recipient))


@dataclass(frozen=True, slots=True)
class StoragePeriods:
    """For how many days after the photograph a unit keeps what. `template`: 0 where nothing is searched for again."""

    intake: int  # the encrypted message, unless the hub confirms it earlier
    template: int
    record: int  # the consent record itself

    def to_value(self) -> cbor.Value:
        """The periods' part of a record."""
        return {"intake": self.intake, "template": self.template, "record": self.record}

    @classmethod
    def read(cls, fields: Fields) -> "StoragePeriods":
        """Raises FieldError."""
        return cls(*(fields.integer(name, 0, _MAX_DAYS) for name in ("intake", "template", "record")))


@dataclass(frozen=True, slots=True)
class Notice:
    """What the person was told: in which language, and the SHA-256 of the words that were shown."""

    language: Language
    digest: bytes


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the processing. `jurisdiction`: whose law applies; `contact`: how to reach the controller."""

    hub: HubId
    jurisdiction: str
    contact: str


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One intake's. `withdrawal`: SHA-256 of the token on the receipt; whoever shows the token may withdraw."""

    record_id: bytes  # 16 random bytes
    reference: str  # the person, as written on paper
    unit: UnitId
    site: SiteId
    controller: Controller
    notice: Notice
    basis: Basis
    purposes: tuple[Purpose, ...]
    periods: StoragePeriods
    recorded: Moment
    withdrawal: bytes

    def __post_init__(self) -> None:
        if not owner(self.unit) == owner(self.site) == self.controller.hub:
            raise FieldError("A consent record's unit and site belong to its controller.")
        if (Purpose.SEARCH_AGAIN in self.purposes) != bool(self.periods.template):
            raise FieldError("A consent record keeps a template exactly when it permits to search again.")
        if self.of_found_child:
            if self.purposes != (Purpose.FIND_FAMILY,):
                raise FieldError("The record of a found child permits nothing but to look for the family.")
            if self.basis.kind is LegalBasis.GUARDIAN_CONSENT:
                raise FieldError("A found child whose family nobody knows has no guardian who could consent.")

    @property
    def of_found_child(self) -> bool:
        """Whether it permits to register a found child, and no intake."""
        return Purpose.FIND_FAMILY in self.purposes

    def to_bytes(self) -> bytes:
        """Deterministic CBOR with the standard's names."""
        return cbor.encode(
            {
                "v": VERSION,
                **_SAME_TEXTS,
                "record_id": self.record_id,
                "pii_principal_id": self.reference,
                "privacy_notice": self.notice.digest,
                "language": str(self.notice.language),
                "purposes": [str(purpose) for purpose in self.purposes],
                "lawful_basis": self.basis.to_value(),
                **_taken_and_seen(self.purposes),
                "pii_controllers": [{"party_id": self.controller.hub, "party_contact": self.controller.contact}],
                "collection_method": {"unit": self.unit, "site": self.site},
                "retention_period": self.periods.to_value(),
                "jurisdiction": self.controller.jurisdiction,
                "withdrawal_method": self.withdrawal,
                "event_time": self.recorded.to_value(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConsentRecord":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_SIGNED), kind="consent record", version=VERSION)
        purposes = _purposes(fields)
        _require_same(fields, purposes)
        collection, controller = fields.child("collection_method"), _controller(fields)
        return cls(
            record_id=fields.octets("record_id", size=RECORD_ID_BYTES),
            reference=fields.text("pii_principal_id", limit=16),
            unit=collection.identifier("unit", parse_unit_id),
            site=collection.identifier("site", parse_site_id),
            controller=Controller(
                hub=controller.identifier("party_id", parse_hub_id),
                jurisdiction=fields.text("jurisdiction", limit=63),
                contact=controller.text("party_contact", limit=120),
            ),
            notice=Notice(fields.choice("language", Language), fields.octets("privacy_notice", size=32)),
            basis=Basis.read(fields.child("lawful_basis")),
            purposes=purposes,
            periods=StoragePeriods.read(fields.child("retention_period")),
            recorded=Moment.read(fields.child("event_time")),
            withdrawal=fields.octets("withdrawal_method", size=32),
        )


def sign_record(record: ConsentRecord, key: SigningKey) -> bytes:
    """The signed record, at most MAX_SIGNED bytes."""
    data = record.to_bytes()
    return cbor.encode([_MAGIC, data, key.sign(_CONTEXT + data)])


def open_record(signed: bytes, find_unit: Callable[[str], Identity | None]) -> ConsentRecord:
    """A record that its unit has signed. `find_unit` gives the identity that is known for a unit's name.

    Raises MalformedError, FieldError, UnknownVersionError, UnknownSenderError or BadSignatureError.
    """
    data, signature = _split(signed)
    record = ConsentRecord.from_bytes(data)
    unit = find_unit(record.unit)
    if unit is None:
        raise UnknownSenderError(f"No key is known here for the unit {record.unit!r}.")
    if unit.name != record.unit:
        raise BadSignatureError(f"The key for {record.unit} is that of {unit.name}.")
    unit.verify_key.verify(_CONTEXT + data, signature)
    return record


def read_own_record(signed: bytes) -> ConsentRecord:
    """A record from where only its unit could put it: who signed it is not asked. Raises as `open_record`."""
    return ConsentRecord.from_bytes(_split(signed)[0])


def record_digest(signed: bytes) -> bytes:
    """SHA-256 of a signed record, by which its receipt names it."""
    return hashlib.sha256(signed).digest()


def _split(signed: bytes) -> tuple[bytes, bytes]:
    match cbor.decode(signed, limit=MAX_SIGNED):
        case [str() as magic, bytes() as data, bytes() as signature] if magic == _MAGIC:
            if len(signature) != SIGNATURE_BYTES:
                raise MalformedError(f"A signature has {SIGNATURE_BYTES} bytes.")
            return data, signature
        case _:
            raise MalformedError("Not a signed consent record.")


def _taken_and_seen(purposes: tuple[Purpose, ...]) -> dict[str, cbor.Value]:
    """What is taken, and who may see it: a matter of what it is taken for."""
    taken, seen_by = _OF_A_FOUND_CHILD if Purpose.FIND_FAMILY in purposes else _OF_AN_INTAKE
    return {
        "pii_information": [{"pii_type": str(category)} for category in taken],
        "recipient_third_parties": [{"party_role": str(recipient)} for recipient in seen_by],
    }


def _require_same(fields: Fields, purposes: tuple[Purpose, ...]) -> None:
    same = all(fields.text(name, limit=64) == text for name, text in _SAME_TEXTS.items())
    if not same or any(fields.items(name, limit=16) != items for name, items in _taken_and_seen(purposes).items()):
        raise FieldError("A consent record is of another schema, or of data and recipients that units have not.")


def _controller(fields: Fields) -> Fields:
    match fields.items("pii_controllers", limit=1):
        case [controller]:
            return Fields(controller, kind="consent record's controller")
        case _:
            raise FieldError("A consent record has one controller.")


def _purposes(fields: Fields) -> tuple[Purpose, ...]:
    words = fields.words("purposes", limit=len(Purpose))
    try:
        return tuple(Purpose(word) for word in words)
    except ValueError as error:
        raise FieldError("A consent record has a purpose that this program does not know.") from error
