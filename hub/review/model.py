"""What a review is, and what one person may know of it when, as values."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NewType, Protocol

from hub.ingest.capture_time import CaptureTime
from hub.review.checklist import Checklist
from hub.review.conclusions import Answer, Outcome
from hub.review.urgency import Targets, Urgency
from protocol.ids import CaseId, PhotoId, SightingId
from protocol.person import AgeBand, BirthBand, Sex
from protocol.sighting import Candidate, Chance, LegalBasis

ReviewId = NewType("ReviewId", str)

CASE_ENDED: Final = "case-ended"
"""Why a review was ended, or not opened, in the audit trail."""

MAX_COMMENT: Final = 2000
SENIOR: Final = 3
"""The position of the answer that a senior gives after two people did not agree."""


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """How a desk works: minutes that a claim lasts without renewal, service targets, share of control pairs (0 to 0.5).

    Raises ValueError.
    """

    lease_minutes: int = 15
    targets: Targets = field(default_factory=Targets)
    control_share: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.control_share <= 0.5:
            raise ValueError("At most every second comparison can be a control pair.")


class Kind(StrEnum):
    """What a review is of: an intake's photograph, a found child of the register, or a pair whose truth is known."""

    SIGHTING = "sighting"
    REGISTER = "register"
    CONTROL = "control"


class Evidence(StrEnum):
    """What is new since the same pair was rejected."""

    NEW_PHOTO = "new-photo"
    NEW_PACK = "new-pack"


@dataclass(frozen=True, slots=True)
class Pair:
    """Who is compared with whom: equal for every search that names the same child of the same intake or register.

    `probe` and `probe_photo` say whose photograph is held against the case's `photo`; `pack`: hexadecimal digest of
    the recogniser that named the pair.
    """

    probe: str
    probe_photo: str
    case: CaseId
    photo: PhotoId
    pack: str


@dataclass(frozen=True, slots=True)
class Review:
    """One pair of faces, to be judged on its own. Score and rank stay where they are until they may be asked for.

    `source`: identifier of the sighting or register match; a control pair's review is its own. `due_at`: by when it
    should be decided. `earlier`: the review in which the same pair was rejected before, with what is new since.
    """

    id: ReviewId
    kind: Kind
    source: str
    pair: Pair
    site: str
    urgency: Urgency
    opened_at: int
    due_at: int
    earlier: ReviewId | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """How a list names the child in question. Without `capture`: found and registered."""

    reference: str
    capture: CaptureTime | None
    age_band: AgeBand | None


@dataclass(frozen=True, slots=True)
class Subject:
    """The child in question: of an intake, or found and registered. None: nobody has said.

    `pictured`: False where a unit searched again later for somebody whose picture it no longer has, or where the found
    child's case has ended.
    """

    reference: str
    site: str
    unit: str | None
    capture: CaptureTime | None
    legal_basis: LegalBasis | None
    age_band: AgeBand | None
    birth: BirthBand | None
    sex: Sex
    doubt: str | None  # the measure of quality for which the picture was taken with a doubt
    pictured: bool = True

    @property
    def captured_at(self) -> int | None:
        """The best estimate of when the picture was taken, in milliseconds since 1970 UTC."""
        return None if self.capture is None else self.capture.at


@dataclass(frozen=True, slots=True)
class Missing:
    """The missing child of a case. `taken`: the day of the photograph; `despite`: its fault, and why it is used.

    `pictured`: False where the photographs went with the case.
    """

    case: CaseId
    reference: str
    sex: Sex
    birth: BirthBand
    taken: date | None
    despite: str | None
    high_risk: bool = False
    pictured: bool = True


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What one person said; `position` 1 or 2, or 3 for the senior. `began_at`: when they took the review up."""

    position: int
    operator_id: int
    answer: Answer
    checklist: Checklist
    comment: str
    began_at: int
    at: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody added after their own answer, having read what the machine found."""

    operator_id: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has entered and not recorded yet; every part may be missing."""

    answer: Answer | None
    checklist: Checklist
    comment: str


EMPTY_DRAFT: Final = Draft(None, {}, "")


@dataclass(frozen=True, slots=True)
class Claim:
    """One half of a review in one person's hands, until `expires_at` unless it is renewed or answered."""

    review_id: ReviewId
    position: int
    operator_id: int
    claimed_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the answers of two different people came to."""

    review_id: ReviewId
    outcome: Outcome
    at: int


class Look(Protocol):
    """What the hub's own recogniser found of a candidate."""

    @property
    def chance(self) -> Chance | None:
        """None: the hub's pack is not calibrated."""

    @property
    def enough(self) -> bool:
        """Whether it would have been a candidate at the hub."""

    @property
    def same_picture(self) -> bool:
        """False: the unit cannot have compared the picture that it sent."""


class Finding(Protocol):
    """What the machines say of a candidate."""

    @property
    def candidate(self) -> Candidate:
        """As the unit sent it."""

    @property
    def comparable(self) -> int:
        """How many photos of the list competed."""

    @property
    def frames(self) -> int:
        """How many pictures the unit used together."""

    @property
    def looked(self) -> bool:
        """Whether the hub has looked itself."""

    @property
    def look(self) -> Look | None:
        """What it found; None: not yet, or it could not compare."""


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What statistics need of a review; outcome and hours from its opening to its decision, once there is one."""

    id: ReviewId
    sighting: SightingId
    outcome: Outcome | None
    hours: float | None


class Standing(StrEnum):
    """How far people have come with what one search found."""

    NOT_ASKED = "not-asked"
    UNDECIDED = "undecided"
    REJECTED = "rejected"  # every candidate, or it could not be resolved, or its case ended
    CONFIRMED = "confirmed"


class Purpose(StrEnum):
    """What somebody looks at faces for, or at the name that a child says."""

    COMPARING = "comparing"
    LOOKING_BACK = "looking-back"
    AFTER_ANSWER = "after-answer"  # a name: never before


class Side(StrEnum):
    """The two faces of a comparison."""

    INTAKE = "intake"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class ControlPair:
    """Two photographs of which it is known whether they show one person."""

    id: str
    same: bool
    sex: Sex
    age_band: AgeBand
    birth: BirthBand
    taken: date | None
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One person's answer to one control pair."""

    same: bool
    answer: Answer
    began_at: int
    at: int
