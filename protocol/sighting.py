"""A sighting: what one intake found, sent for every intake and always of one size.

Most intakes find nobody. They send a sighting all the same, without any picture, padded to the size of
one with candidates: otherwise the traffic of a checkpoint would tell the room which child was found.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import (
    CaseId,
    PhotoId,
    SightingId,
    SiteId,
    UnitId,
    parse_case_id,
    parse_photo_id,
    parse_sighting_id,
    parse_site_id,
    parse_unit_id,
)
from protocol.padding import pad, unpad
from protocol.person import AgeBand, Sex

VERSION: Final = 1
PADDED_BYTES: Final = 96 * 1024
MAX_CROP: Final = 48 * 1024  # An aligned 112×112 RGB face as PNG has at most 38 KB.
MAX_PORTRAIT: Final = 40 * 1024
MAX_CANDIDATES: Final = 10


class LegalBasis(StrEnum):
    """What permitted the photograph. Without one there is no capture."""

    GUARDIAN_CONSENT = "guardian-consent"
    BEST_INTERESTS = "best-interests"
    COURT_ORDER = "court-order"
    POLICE_ORDER = "police-order"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One watchlist entry that an intake resembles. `photo` is the one of the case's photos that matched."""

    case: CaseId
    photo: PhotoId
    score: float  # −1 to 1: similarity of unit templates
    rank: int  # 1 is the best

    def to_value(self) -> cbor.Value:
        """The candidate's part of a sighting."""
        return {"case": self.case, "photo": self.photo, "score": self.score, "rank": self.rank}

    @classmethod
    def from_value(cls, value: cbor.Value) -> "Candidate":
        """Raises FieldError."""
        fields = Fields(value, kind="candidate")
        return cls(
            case=fields.identifier("case", parse_case_id),
            photo=fields.identifier("photo", parse_photo_id),
            score=fields.number("score", -1.001, 1.001),
            rank=fields.integer("rank", 1, MAX_CANDIDATES),
        )


@dataclass(frozen=True, slots=True)
class Face:
    """The intake's face, only ever sent with candidates: `crop` as the recogniser saw it, `portrait` for people."""

    crop: bytes  # PNG, 112×112 RGB, aligned
    portrait: bytes  # JPEG, aligned with a wider margin


@dataclass(frozen=True, slots=True)
class Sighting:
    """One intake's result. `face` is there exactly when there are candidates."""

    sighting_id: SightingId
    reference: str  # what staff wrote on paper
    unit: UnitId
    site: SiteId
    captured_at: int  # milliseconds since 1970 UTC by the unit's clock
    legal_basis: LegalBasis
    basis_reference: str  # the number of the form, order or decision
    age_band: AgeBand
    sex: Sex
    pack_digest: bytes  # 32 bytes: which recogniser made the templates
    list_version: int  # which watchlist was searched
    candidates: tuple[Candidate, ...]
    face: Face | None

    def __post_init__(self) -> None:
        if (self.face is None) != (not self.candidates):
            raise FieldError("A sighting carries a face exactly when it has candidates.")
        if [candidate.rank for candidate in self.candidates] != list(range(1, len(self.candidates) + 1)):
            raise FieldError("The candidates of a sighting are ranked 1, 2, 3 and so on.")

    def to_bytes(self) -> bytes:
        """PADDED_BYTES bytes, whatever the intake found. Raises OversizedError."""
        face = self.face
        value: cbor.Value = {
            "v": VERSION,
            "id": self.sighting_id,
            "reference": self.reference,
            "unit": self.unit,
            "site": self.site,
            "captured": self.captured_at,
            "basis": str(self.legal_basis),
            "basis_ref": self.basis_reference,
            "age": str(self.age_band),
            "sex": str(self.sex),
            "pack": self.pack_digest,
            "list": self.list_version,
            "candidates": [candidate.to_value() for candidate in self.candidates],
            "face": None if face is None else {"crop": face.crop, "portrait": face.portrait},
        }
        return pad(cbor.encode(value), PADDED_BYTES)

    @classmethod
    def from_bytes(cls, padded: bytes) -> "Sighting":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        if len(padded) != PADDED_BYTES:
            raise FieldError(f"A sighting is padded to {PADDED_BYTES} bytes.")
        fields = Fields(cbor.decode(unpad(padded), limit=PADDED_BYTES), kind="sighting", version=VERSION)
        return cls(
            sighting_id=fields.identifier("id", parse_sighting_id),
            reference=fields.text("reference", limit=16),
            unit=fields.identifier("unit", parse_unit_id),
            site=fields.identifier("site", parse_site_id),
            captured_at=fields.milliseconds("captured"),
            legal_basis=fields.choice("basis", LegalBasis),
            basis_reference=fields.text("basis_ref", limit=80),
            age_band=fields.choice("age", AgeBand),
            sex=fields.choice("sex", Sex),
            pack_digest=fields.octets("pack", size=32),
            list_version=fields.integer("list"),
            candidates=tuple(map(Candidate.from_value, fields.items("candidates", limit=MAX_CANDIDATES))),
            face=_read_face(fields.child("face")) if fields.has("face") else None,
        )


def _read_face(fields: Fields) -> Face:
    return Face(fields.octets("crop", limit=MAX_CROP), fields.octets("portrait", limit=MAX_PORTRAIT))
