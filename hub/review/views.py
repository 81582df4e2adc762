"""What pages show of reviews, as values: nothing stands here that its reader may not know."""

from dataclasses import dataclass
from enum import StrEnum

from faults import Sentence
from hub.review.model import Decision, Draft, GivenAnswer, Heading, Missing, Remark, Review, Subject
from protocol.circumstances import Circumstances


@dataclass(frozen=True, slots=True)
class Machine:
    """What the recognisers think, in words. Only for people who have given their own answer.

    `candidates` and `rank`: how many cases the search named and which place this one had. Without the place while the
    person still has another of them before them: the rank of one says something of the others. `raw`: the cosine, from
    −1 to 1.
    """

    statement: Sentence
    details: tuple[Sentence, ...]
    second_look: Sentence | None
    disagreements: tuple[Sentence, ...]
    raw: float
    rank: int | None
    candidates: int


class Stage(StrEnum):
    """Where a review stands for one person."""

    FREE = "free"  # it can be taken
    TAKEN = "taken"  # colleagues are working on what this person could answer
    ASKED = "asked"  # this person has taken it
    WAITING = "waiting"  # answered, and a second person is to answer
    DISPUTED = "disputed"  # answered, and a senior is to answer
    DECIDED = "decided"
    CLOSED = "closed"  # answered by others
    ENDED = "ended"  # its case ended before it was decided
    CONTROL = "control"  # answered, and it was a control pair


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A line of the queue. `minutes`: until it is due, negative when it is overdue."""

    review: Review
    heading: Heading
    minutes: int

    @property
    def overdue(self) -> bool:
        """Whether its time has passed."""
        return self.minutes < 0


@dataclass(frozen=True, slots=True)
class Queue:
    """Open reviews as one person sees them, the one that is due first before the others.

    `begun` are in their hands; `disputed` wait for a senior and are empty for everyone else. `fingerprint`: equal for
    queues that list the same reviews in the same places, as overdue or not.
    """

    begun: tuple[QueueItem, ...]
    disputed: tuple[QueueItem, ...]
    to_answer: tuple[QueueItem, ...]
    answered: tuple[QueueItem, ...]
    more: bool
    overdue: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """A line of the list of decisions."""

    review: Review
    heading: Heading
    case_reference: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one person may know of a review now.

    Before the own answer there is no machine, no answer, no remark, no decision and no word of other reviews. What the
    child says is in `circumstances` only when the person has answered every candidate of the search.
    `truth`: of a control pair that the person has answered, whether it is one person.
    """

    review: Review
    stage: Stage
    subject: Subject
    missing: Missing
    circumstances: Circumstances | None
    age_then: Sentence
    age_gap: Sentence
    contradictions: tuple[Sentence, ...]
    as_senior: bool
    draft: Draft
    expires_at: int | None
    own: GivenAnswer | None = None
    machine: Machine | None = None
    confirmed_elsewhere: bool = False
    decision: Decision | None = None
    answers: tuple[GivenAnswer, ...] = ()
    remarks: tuple[Remark, ...] = ()
    truth: bool | None = None
