"""A sighting: what one intake found, sent for every intake and always of one size.

Most intakes find nobody. They send a sighting all the same, without any picture, padded to the size of
one with candidates: otherwise the traffic of a checkpoint would tell the room which child was found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.circumstances import Circumstances
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
from protocol.moment import Moment
from protocol.padding import pad, unpad
from protocol.person import AgeBand, Sex

VERSION: Final = 1
PADDED_BYTES: Final = 96 * 1024
MAX_CROP: Final = 48 * 1024  # An aligned 112×112 RGB face as PNG has at most 38 KB.
MAX_PORTRAIT: Final = 40 * 1024
MAX_CONSENT: Final = 3072
MAX_CANDIDATES: Final = 10
MAX_FRAMES: Final = 64
MAX_MEASURES: Final = 24

_MEASURE = re.compile(r"[a-z][a-z-]{0,39}")


class LegalBasis(StrEnum):
    """What permitted the photograph. Without one there is no capture."""

    GUARDIAN_CONSENT = "guardian-consent"
    BEST_INTERESTS = "best-interests"
    COURT_ORDER = "court-order"
    POLICE_ORDER = "police-order"


@dataclass(frozen=True, slots=True)
class Chance:
    """How often one search of this list brings up an unrelated person who scores as high as a candidate.

    `value` with its 95 % interval from `low` to `high`, each 0 to 1; `expected`: how many such people, on average.
    """

    value: float
    low: float
    high: float
    expected: float
    counted: bool  # False: so high a score was too rare to count, and the tail was continued to it

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise FieldError("A chance lies inside its interval.")

    def to_value(self) -> cbor.Value:
        """The chance's part of a candidate."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "expected": self.expected,
            "counted": self.counted,
        }

    @classmethod
    def read(cls, fields: Fields) -> "Chance":
        """Raises FieldError."""
        return cls(
            value=fields.number("value", 0.0, 1.0),
            low=fields.number("low", 0.0, 1.0),
            high=fields.number("high", 0.0, 1.0),
            expected=fields.number("expected", 0.0, 1e9),
            counted=fields.boolean("counted"),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One watchlist entry that an intake resembles. `photo` is the one of the case's photos that matched.

    `chance` is what the score says; None where the unit's pack is not calibrated, and `score` is then a cosine too.
    """

    case: CaseId
    photo: PhotoId
    rank: int  # 1 is the best
    raw: float  # −1 to 1: cosine of the two templates
    score: float  # normalised, by which candidates are ranked
    chance: Chance | None

    def to_value(self) -> cbor.Value:
        """The candidate's part of a sighting."""
        return {
            "case": self.case,
            "photo": self.photo,
            "rank": self.rank,
            "raw": self.raw,
            "score": self.score,
            "chance": None if self.chance is None else self.chance.to_value(),
        }

    @classmethod
    def from_value(cls, value: cbor.Value) -> "Candidate":
        """Raises FieldError."""
        fields = Fields(value, kind="candidate")
        return cls(
            case=fields.identifier("case", parse_case_id),
            photo=fields.identifier("photo", parse_photo_id),
            rank=fields.integer("rank", 1, MAX_CANDIDATES),
            raw=fields.number("raw", -1.001, 1.001),
            score=fields.number("score", -10.0, 10.0),
            chance=Chance.read(fields.child("chance")) if fields.has("chance") else None,
        )


@dataclass(frozen=True, slots=True)
class Face:
    """The intake's face, only ever sent with candidates: `crop` as the recogniser saw it, `portrait` for people."""

    crop: bytes  # PNG, 112×112 RGB, aligned
    portrait: bytes  # JPEG, aligned with a wider margin


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the picture is that was compared: `measures` by name, each 0 to 100, higher is better.

    `warning` names the measure for which the picture was taken with a doubt, if there is one.
    """

    measures: Mapping[str, int]
    warning: str | None

    def __post_init__(self) -> None:
        if len(self.measures) > MAX_MEASURES or not all(map(_MEASURE.fullmatch, self.measures)):
            raise FieldError(f"A picture has at most {MAX_MEASURES} measures, named in lower-case letters and hyphens.")
        if self.warning is not None and self.warning not in self.measures:
            raise FieldError("A warning names one of the picture's measures.")

    def to_value(self) -> cbor.Value:
        """The quality's part of a sighting."""
        return {"measures": dict(self.measures), "warning": self.warning}

    @classmethod
    def read(cls, fields: Fields) -> "Quality":
        """Raises FieldError."""
        measures = fields.child("measures")
        return cls(
            measures={name: measures.integer(name, 0, 100) for name in measures.names()},
            warning=fields.text("warning", limit=40) if fields.has("warning") else None,
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """One intake's result. `face` is there exactly when there are candidates, unless the search was retrospective."""

    sighting_id: SightingId
    reference: str  # what staff wrote on paper
    unit: UnitId
    site: SiteId
    captured: Moment
    legal_basis: LegalBasis
    basis_reference: str  # the number of the form, order or decision
    consent: bytes  # the signed record of what permitted it: protocol.consent
    age_band: AgeBand
    sex: Sex
    circumstances: Circumstances
    pack_digest: bytes  # 32 bytes: which recogniser made the templates
    calibration: bytes | None  # 32 bytes: which calibration made the chances; None when there was none
    list_version: int  # which watchlist was searched
    retrospective: bool  # the template that was kept of an intake was searched again, when the list had grown
    comparable: int  # how many of its photos could compete, by sex and age
    frames: int  # how many pictures were fused into the template that was searched for
    quality: Quality  # of the best of them, which is the one in `face`
    candidates: tuple[Candidate, ...]
    face: Face | None

    def __post_init__(self) -> None:
        if (self.face is not None) != (bool(self.candidates) and not self.retrospective):
            raise FieldError("A sighting carries a face exactly when it has candidates and was searched at the intake.")
        if [candidate.rank for candidate in self.candidates] != list(range(1, len(self.candidates) + 1)):
            raise FieldError("The candidates of a sighting are ranked 1, 2, 3 and so on.")
        if any((candidate.chance is None) != (self.calibration is None) for candidate in self.candidates):
            raise FieldError("The candidates of a sighting have chances exactly when it names a calibration.")
        if self.comparable < len(self.candidates):
            raise FieldError("A sighting has no more candidates than photos that could compete.")

    def to_bytes(self) -> bytes:
        """PADDED_BYTES bytes, whatever the intake found. Raises OversizedError."""
        face = self.face
        value: cbor.Value = {
            "v": VERSION,
            "id": self.sighting_id,
            "reference": self.reference,
            "unit": self.unit,
            "site": self.site,
            "captured": self.captured.to_value(),
            "basis": str(self.legal_basis),
            "basis_ref": self.basis_reference,
            "consent": self.consent,
            "age": str(self.age_band),
            "sex": str(self.sex),
            "circumstances": self.circumstances.to_value(),
            "pack": self.pack_digest,
            "calibration": self.calibration,
            "list": self.list_version,
            "retrospective": self.retrospective,
            "comparable": self.comparable,
            "frames": self.frames,
            "quality": self.quality.to_value(),
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
            captured=Moment.read(fields.child("captured")),
            legal_basis=fields.choice("basis", LegalBasis),
            basis_reference=fields.text("basis_ref", limit=80),
            consent=fields.octets("consent", limit=MAX_CONSENT),
            age_band=fields.choice("age", AgeBand),
            sex=fields.choice("sex", Sex),
            circumstances=Circumstances.read(fields.child("circumstances")),
            pack_digest=fields.octets("pack", size=32),
            calibration=fields.octets("calibration", size=32) if fields.has("calibration") else None,
            list_version=fields.integer("list"),
            retrospective=fields.boolean("retrospective"),
            comparable=fields.integer("comparable"),
            frames=fields.integer("frames", 1, MAX_FRAMES),
            quality=Quality.read(fields.child("quality")),
            candidates=tuple(map(Candidate.from_value, fields.items("candidates", limit=MAX_CANDIDATES))),
            face=_read_face(fields.child("face")) if fields.has("face") else None,
        )


def _read_face(fields: Fields) -> Face:
    return Face(fields.octets("crop", limit=MAX_CROP), fields.octets("portrait", limit=MAX_PORTRAIT))
