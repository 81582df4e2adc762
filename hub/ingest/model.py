"""A sighting as the hub keeps it."""

from dataclasses import dataclass
from enum import StrEnum

from hub.ingest.capture_time import CaptureTime, capture_time
from protocol.ids import SightingId, SiteId, UnitId
from protocol.moment import Moment
from protocol.person import AgeBand, Sex
from protocol.sighting import Candidate, Chance, LegalBasis, Quality, Sighting


@dataclass(frozen=True, slots=True)
class StoredSighting:
    """One intake's result. `received_at` in milliseconds since 1970 UTC by the hub's clock."""

    sighting_id: SightingId
    reference: str
    unit: UnitId
    site: SiteId
    captured: Moment  # by the unit's clock
    received_at: int
    legal_basis: LegalBasis
    age_band: AgeBand
    sex: Sex
    pack_digest: bytes
    calibration: bytes | None
    list_version: int
    retrospective: bool
    comparable: int
    frames: int
    quality: Quality
    candidates: tuple[Candidate, ...]

    @property
    def captured_at(self) -> int:
        """The unit's best estimate of when it was captured."""
        return self.captured.at

    @property
    def capture(self) -> CaptureTime:
        """When it was captured, as far as can be known here."""
        return capture_time(self.captured, self.received_at)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What the hub's own recogniser finds of a candidate, from the picture that the unit sent."""

    raw: float  # cosine with the case's best photograph
    score: float
    chance: Chance | None  # None: the hub's pack is not calibrated
    enough: bool  # whether it would have been a candidate at the hub
    same_picture: bool  # False: the unit cannot have compared the picture that it sent


@dataclass(frozen=True, slots=True)
class Finding:
    """What the machines say of one candidate of an intake. Only for people who have answered."""

    candidate: Candidate
    comparable: int
    frames: int
    warning: str | None  # the measure for which the unit took the picture with a doubt
    looked: bool  # whether the hub has looked itself
    look: SecondLook | None  # None: not yet, or it could not compare


@dataclass(frozen=True, slots=True)
class SealedFace:
    """A sighting's two pictures, encrypted for their columns."""

    crop: bytes
    portrait: bytes


@dataclass(frozen=True, slots=True)
class SealedConsent:
    """The signed record of what permitted an intake, encrypted. `record_id`: 32 hexadecimal digits.

    `withdrawal`: by what a receipt's token is known, 64 hexadecimal digits; `days`: for how long it may be kept.
    """

    record_id: str
    record: bytes
    withdrawal: str
    days: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A sighting that is kept, and the envelope that brought it. `received_at` as in StoredSighting."""

    sighting: Sighting
    sequence: int
    digest: bytes  # SHA-256 of the envelope
    received_at: int
    basis_reference: bytes  # encrypted
    consent: SealedConsent
    circumstances: bytes  # encrypted
    face: SealedFace | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sightings were received, and how many of them with candidates."""

    sightings: int
    with_candidates: int
    rejected_messages: int


@dataclass(frozen=True, slots=True)
class IntakeFacts:
    """What statistics need of an intake. `received_at` in milliseconds since 1970 UTC by the hub's clock."""

    sighting: SightingId
    received_at: int
    site: SiteId
    sex: Sex
    age_band: AgeBand
    candidates: int


class ErasureReason(StrEnum):
    """Why a sighting is no longer here."""

    WITHDRAWN = "withdrawn"
    DECIDED = "decided"  # Two people of the desk asked for it.
    NO_CANDIDATE = "no-candidate"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class HeldSighting:
    """What must be known of a sighting to end it. `permitted_days` and `withdrawal` are those of its consent record."""

    id: SightingId
    reference: str
    unit: UnitId
    site: SiteId
    received_at: int
    legal_basis: LegalBasis
    permitted_days: int | None
    withdrawal: str | None


@dataclass(frozen=True, slots=True)
class ErasedSighting:
    """What stays of a sighting that is gone. `month`: in which it came, by its first moment in the desk's zone."""

    sighting_id: SightingId
    month: int
    site: SiteId
    sex: Sex
    age_band: AgeBand
    candidates: int
    retrospective: bool
    reason: ErasureReason
    at: int
