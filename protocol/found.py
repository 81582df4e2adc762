"""A child who was found, whose family nobody knows: registered at a unit, kept in the hub's register of found children.

It travels as sightings do and is as long as one, so that whoever counts bytes on the link sees one more intake.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import FoundId, SiteId, UnitId, parse_found_id, parse_site_id, parse_unit_id
from protocol.moment import Moment
from protocol.padding import pad, unpad
from protocol.person import AgeBand, Sex
from protocol.sighting import MAX_CONSENT, PADDED_BYTES
from protocol.staff import StaffId, parse_staff_id

VERSION: Final = 1
MAX_PHOTOGRAPH: Final = 80 * 1024
MAX_NAMES: Final = 4
MAX_LANGUAGES: Final = 6
MAX_MARKS: Final = 8
MAX_LINE: Final = 80
MAX_CLOTHING: Final = 300
MAX_CIRCUMSTANCES: Final = 600


class BodyPart(StrEnum):
    """Where on the body a mark is."""

    FACE = "face"
    HEAD = "head"
    NECK = "neck"
    CHEST = "chest"
    BACK = "back"
    ABDOMEN = "abdomen"
    LEFT_ARM = "left arm"
    RIGHT_ARM = "right arm"
    LEFT_HAND = "left hand"
    RIGHT_HAND = "right hand"
    LEFT_LEG = "left leg"
    RIGHT_LEG = "right leg"
    LEFT_FOOT = "left foot"
    RIGHT_FOOT = "right foot"


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A scar, a birthmark, a tattoo, a disability."""

    where: BodyPart
    what: str

    def to_value(self) -> cbor.Value:
        """The mark's part of the facts."""
        return {"where": str(self.where), "what": self.what}

    @classmethod
    def from_value(cls, value: cbor.Value) -> "FoundMark":
        """Raises FieldError."""
        fields = Fields(value, kind="mark")
        return cls(fields.choice("where", BodyPart), fields.text("what", limit=MAX_LINE))


@dataclass(frozen=True, slots=True)
class FoundFacts:
    """What is known of the child, all of it optional. `names`: what the child is called, as the child says it."""

    names: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    marks: tuple[FoundMark, ...] = ()
    clothing: str = ""
    place: str = ""
    found_on: date | None = None
    circumstances: str = ""

    def to_value(self) -> cbor.Value:
        """The facts' part of a message."""
        return {
            "names": list(self.names),
            "languages": list(self.languages),
            "marks": [mark.to_value() for mark in self.marks],
            "clothing": self.clothing,
            "place": self.place,
            "found_on": None if self.found_on is None else self.found_on.isoformat(),
            "circumstances": self.circumstances,
        }

    @classmethod
    def read(cls, fields: Fields) -> "FoundFacts":
        """Raises FieldError."""
        return cls(
            names=_lines(fields, "names", MAX_NAMES),
            languages=_lines(fields, "languages", MAX_LANGUAGES),
            marks=tuple(map(FoundMark.from_value, fields.items("marks", limit=MAX_MARKS))),
            clothing=fields.text("clothing", limit=MAX_CLOTHING),
            place=fields.text("place", limit=MAX_LINE),
            found_on=fields.day("found_on") if fields.has("found_on") else None,
            circumstances=fields.text("circumstances", limit=MAX_CIRCUMSTANCES),
        )


@dataclass(frozen=True, slots=True)
class FoundChild:
    """One registration. Its consent record permits to look for the family, and nothing that an intake's permits."""

    found_id: FoundId
    reference: str  # what staff wrote on paper
    unit: UnitId
    site: SiteId
    captured: Moment  # when the photograph was taken
    consent: bytes  # the signed record of what permitted it: protocol.consent
    staff: StaffId | None  # who registered it; None: nobody signed in, as for a technician's command
    age_band: AgeBand
    sex: Sex
    facts: FoundFacts
    photograph: bytes  # JPEG, the child's face with a margin

    def to_bytes(self) -> bytes:
        """PADDED_BYTES bytes, as a sighting. Raises OversizedError."""
        value: cbor.Value = {
            "v": VERSION,
            "id": self.found_id,
            "reference": self.reference,
            "unit": self.unit,
            "site": self.site,
            "captured": self.captured.to_value(),
            "consent": self.consent,
            "staff": self.staff,
            "age": str(self.age_band),
            "sex": str(self.sex),
            "facts": self.facts.to_value(),
            "photograph": self.photograph,
        }
        return pad(cbor.encode(value), PADDED_BYTES)

    @classmethod
    def from_bytes(cls, padded: bytes) -> "FoundChild":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        if len(padded) != PADDED_BYTES:
            raise FieldError(f"The registration of a found child is padded to {PADDED_BYTES} bytes.")
        fields = Fields(cbor.decode(unpad(padded), limit=PADDED_BYTES), kind="found child", version=VERSION)
        return cls(
            found_id=fields.identifier("id", parse_found_id),
            reference=fields.text("reference", limit=16),
            unit=fields.identifier("unit", parse_unit_id),
            site=fields.identifier("site", parse_site_id),
            captured=Moment.read(fields.child("captured")),
            consent=fields.octets("consent", limit=MAX_CONSENT),
            staff=fields.identifier("staff", parse_staff_id) if fields.has("staff") else None,
            age_band=fields.choice("age", AgeBand),
            sex=fields.choice("sex", Sex),
            facts=FoundFacts.read(fields.child("facts")),
            photograph=fields.octets("photograph", limit=MAX_PHOTOGRAPH),
        )


def _lines(fields: Fields, name: str, limit: int) -> tuple[str, ...]:
    lines = fields.words(name, limit=limit)
    if any(not line or len(line) > MAX_LINE for line in lines):
        raise FieldError(f"The {name} of a found child are texts of 1 to {MAX_LINE} characters.")
    return lines
