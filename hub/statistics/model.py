"""Facts of single intakes, and the table that is made of many."""

from dataclasses import dataclass
from typing import Final

from hub.ingest.service import IntakeFacts
from hub.review.service import ReviewFacts

# What is counted, in the columns' order. An intake counts in the month in which it was received, and so does
# everything that came of it, whenever that was.
MEASURES: Final = (
    "intakes",
    "with candidates",
    "candidates",
    "confirmed",
    "rejected",
    "unresolved",
    "alerts",
    "acknowledged",
)
# These answer one question about the same candidates: each would tell of the others, and all of them of the last.
DECISIONS: Final = frozenset({"confirmed", "rejected", "unresolved", "alerts"})
OUTCOMES: Final = DECISIONS | {"acknowledged"}
# What a reader gets by subtracting: of a measure, what is in none of its parts.
RESTS: Final = (
    ("intakes", ("with candidates",)),
    ("candidates", ("confirmed", "rejected", "unresolved")),
    ("confirmed", ("alerts",)),
    ("alerts", ("acknowledged",)),
)
BREAKDOWNS: Final = ("month", "site", "sex", "age band")
TOTAL: Final = "total"


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
