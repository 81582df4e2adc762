"""Facts of single intakes, and the table that is made of many."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.ingest.service import IntakeFacts
from hub.review.service import ReviewFacts


class Measure(StrEnum):
    """What is counted, in the columns' order.

    An intake counts in the month in which it was received, and so does everything that came of it, whenever that was.
    """

    INTAKES = "intakes"
    WITH_CANDIDATES = "with candidates"
    CANDIDATES = "candidates"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"
    ALERTS = "alerts"
    ACKNOWLEDGED = "acknowledged"


class Breakdown(StrEnum):
    """By what a table tells groups apart, in the order of its parts."""

    MONTH = "month"
    SITE = "site"
    SEX = "sex"
    AGE_BAND = "age band"


MEASURES: Final = tuple(Measure)
BREAKDOWNS: Final = tuple(Breakdown)
TOTAL: Final = "total"

# These answer one question about the same candidates: each would tell of the others, and all of them of the last.
DECISIONS: Final = frozenset({Measure.CONFIRMED, Measure.REJECTED, Measure.UNRESOLVED, Measure.ALERTS})
OUTCOMES: Final = DECISIONS | {Measure.ACKNOWLEDGED}
# What a reader gets by subtracting: of a measure, what is in none of its parts.
RESTS: Final = (
    (Measure.INTAKES, (Measure.WITH_CANDIDATES,)),
    (Measure.CANDIDATES, (Measure.CONFIRMED, Measure.REJECTED, Measure.UNRESOLVED)),
    (Measure.CONFIRMED, (Measure.ALERTS,)),
    (Measure.ALERTS, (Measure.ACKNOWLEDGED,)),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the table is made of. `alerted`: the reviews whose decision raised an alert;
    `acknowledged`: those of them whose alert a recipient has acknowledged.
    """

    intakes: tuple[IntakeFacts, ...]
    reviews: tuple[ReviewFacts, ...]
    alerted: frozenset[str]
    acknowledged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One group. `counts` in the order of MEASURES, None where it is withheld.

    The hours from a candidate to its decision are None as well where fewer than five decisions were made.
    """

    breakdown: str
    group: str
    counts: tuple[int | None, ...]
    median_hours: float | None
    p90_hours: float | None
