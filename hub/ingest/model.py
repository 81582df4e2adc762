"""A sighting as the hub keeps it."""

from dataclasses import dataclass

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
    """The signed record of what permitted an intake, encrypted. `record_id`: 32 hexadecimal digits."""

    record_id: str
    record: bytes


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
