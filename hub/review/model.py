"""Answers, outcomes and what a reviewer may know when, as values and pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol

from faults import RejectedError
from protocol.ids import CaseId, PhotoId, SightingId, SiteId, UnitId
from protocol.person import AgeBand, BirthBand, Sex
from protocol.sighting import Candidate, Chance, LegalBasis

ReviewId = NewType("ReviewId", str)

MAX_COMMENT = 2000


class ReviewError(RejectedError):
    """A review cannot take what was asked of it. Nothing has been recorded."""


class UnknownReviewError(ReviewError):
    """There is no such review."""


class AlreadyAnsweredError(ReviewError):
    """The same person has answered before."""


class AlreadyDecidedError(ReviewError):
    """Two other people have answered meanwhile."""


class CommentError(ReviewError):
    """The comment is too long."""


class FacesWithheldError(ReviewError):
    """The review was decided by others: there is no reason to look at the faces any more."""


class Answer(StrEnum):
    """What one person says of two faces."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot-tell"


class Outcome(StrEnum):
    """What two people's answers come to. Only `confirmed` raises an alert; `unresolved` waits for a senior."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"


def outcome_of(first: Answer, second: Answer) -> Outcome:
    """Agreement decides; a doubt of either does not."""
    if first == second == Answer.SAME:
        return Outcome.CONFIRMED
    if first == second == Answer.DIFFERENT:
        return Outcome.REJECTED
    return Outcome.UNRESOLVED


class SightingFacts(Protocol):
    """What the review room needs to know of an intake."""

    @property
    def reference(self) -> str:
        """What staff wrote on paper."""

    @property
    def unit(self) -> UnitId:
        """The device."""

    @property
    def site(self) -> SiteId:
        """The checkpoint or shelter."""

    @property
    def captured_at(self) -> int:
        """Milliseconds since 1970 UTC by the unit's clock."""

    @property
    def legal_basis(self) -> LegalBasis:
        """What permitted the photograph."""

    @property
    def age_band(self) -> AgeBand:
        """As staff recorded it."""

    @property
    def sex(self) -> Sex:
        """As staff recorded it."""


class CaseFacts(Protocol):
    """What the review room needs to know of a case."""

    @property
    def id(self) -> CaseId:
        """The pseudonymous identifier."""

    @property
    def reference(self) -> str:
        """The police reference."""

    @property
    def sex(self) -> Sex:
        """As registered."""

    @property
    def birth(self) -> BirthBand:
        """When the child was born."""

    @property
    def despite(self) -> Mapping[PhotoId, str]:
        """Photographs that were registered although they are poor: what is wrong with each, and why it was taken."""


@dataclass(frozen=True, slots=True)
class Review:
    """One candidate of one intake, to be judged on its own. Score and rank stay in the store until asked for."""

    id: ReviewId
    sighting_id: SightingId
    case: CaseId
    photo: PhotoId
    site: SiteId
    opened_at: int


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What one person said, and when; `position` 1 or 2."""

    position: int
    operator_id: int
    answer: Answer
    comment: str
    at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What two different people's answers came to."""

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
    def warning(self) -> str | None:
        """The measure for which the unit took the picture with a doubt."""

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


@dataclass(frozen=True, slots=True)
class Machine:
    """What the recognisers think, in words. Only for people who have given their own answer.

    `rank` is None while the person still has another candidate of the same intake before them: the rank of
    one says something of the others. `raw`: the cosine, from −1 to 1.
    """

    statement: str
    details: tuple[str, ...]
    second_look: str
    disagreements: tuple[str, ...]
    raw: float
    rank: int | None
    candidates: int


class Purpose(StrEnum):
    """What somebody looks at faces for."""

    COMPARING = "comparing"
    LOOKING_BACK = "looking-back"


class Side(StrEnum):
    """The two faces of a comparison."""

    INTAKE = "intake"
    CASE = "case"


class Stage(StrEnum):
    """Where a review stands for one person."""

    ASKED = "asked"
    WAITING = "waiting"
    DECIDED = "decided"
    DECIDED_BY_OTHERS = "decided-by-others"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A line of the queue."""

    review: Review
    intake: SightingFacts


@dataclass(frozen=True, slots=True)
class Queue:
    """Open reviews, oldest first: those that wait for the person, and those that wait for someone else."""

    to_answer: tuple[QueueItem, ...]
    answered: tuple[QueueItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """A line of the list of decisions."""

    review: Review
    intake: SightingFacts
    case: CaseFacts
    decision: Decision


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one person may know of a review now. `machine` and `answers` are empty until they have answered."""

    review: Review
    stage: Stage
    intake: SightingFacts
    case: CaseFacts
    age_then: str
    contradictions: tuple[str, ...]
    confirmed_elsewhere: bool
    own: GivenAnswer | None
    machine: Machine | None
    decision: Decision | None
    answers: tuple[GivenAnswer, ...]
