"""From facts to the table. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.ingest.service import IntakeFacts
from hub.statistics.model import BREAKDOWNS, MEASURES, OUTCOMES, TOTAL, Facts, Row
from hub.statistics.suppression import SMALLEST_SHOWN, is_small, withheld

_OUTCOME_COLUMNS: Final = frozenset(MEASURES.index(name) for name in OUTCOMES)

Groups = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class _Tally:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    hours: list[float] = field(default_factory=list)

    def columns(self) -> list[int]:
        return [self.counts[name] for name in MEASURES]


def tabulate(facts: Facts, groups: Groups, month_of: Callable[[int], str]) -> list[Row]:
    """The total and each group of each breakdown. `groups` lists a breakdown's groups, empty ones included."""
    tallies: dict[tuple[str, str], _Tally] = defaultdict(_Tally)
    kept = {intake.sighting: intake for intake in facts.intakes}
    places = {sighting: _places(intake, month_of) for sighting, intake in kept.items()}
    for intake in facts.intakes:
        for place in places[intake.sighting]:
            tallies[place].counts["intakes"] += 1
            tallies[place].counts["with candidates"] += intake.candidates > 0
    for review in facts.reviews:
        for place in places.get(review.sighting, ()):
            tallies[place].counts["alerts"] += review.id in facts.alerted
            tallies[place].counts["acknowledged"] += review.id in facts.acknowledged
            _count_review(tallies[place], review.outcome, review.hours)
    total = tallies[TOTAL, TOTAL]
    rows = [_row((TOTAL, TOTAL), total, _with_outcomes(_small(total)))]
    for breakdown in BREAKDOWNS:
        names = groups[breakdown]
        rows += _rows(breakdown, names, [tallies[breakdown, name] for name in names])
    return rows


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def _places(intake: IntakeFacts, month_of: Callable[[int], str]) -> list[tuple[str, str]]:
    named = (month_of(intake.received_at), intake.site, intake.sex, intake.age_band)
    return [(TOTAL, TOTAL), *zip(BREAKDOWNS, named, strict=True)]


def _count_review(tally: _Tally, outcome: str | None, hours: float | None) -> None:
    tally.counts["candidates"] += 1
    if outcome is not None and hours is not None:
        tally.counts[outcome] += 1
        tally.hours.append(hours)


def _rows(breakdown: str, names: Sequence[str], tallies: Sequence[_Tally]) -> Iterator[Row]:
    columns = list(zip(*(tally.columns() for tally in tallies), strict=True)) or [()] * len(MEASURES)
    hidden = [withheld(column) for column in columns]
    for place, (name, tally) in enumerate(zip(names, tallies, strict=True)):
        own = {column for column, places in enumerate(hidden) if place in places}
        yield _row((breakdown, name), tally, _with_outcomes(own))


def _small(total: _Tally) -> set[int]:
    return {column for column, count in enumerate(total.columns()) if is_small(count)}


def _with_outcomes(hidden: set[int]) -> set[int]:
    """Candidates are the sum of their outcomes and of the open ones: one outcome is withheld with the others."""
    return hidden | _OUTCOME_COLUMNS if hidden & _OUTCOME_COLUMNS else hidden


def _row(place: tuple[str, str], tally: _Tally, hidden: set[int]) -> Row:
    counts = tuple(None if column in hidden else count for column, count in enumerate(tally.columns()))
    timed = len(tally.hours) >= SMALLEST_SHOWN and not hidden & _OUTCOME_COLUMNS
    return Row(
        *place,
        counts,
        percentile(tally.hours, 0.5) if timed else None,
        percentile(tally.hours, 0.9) if timed else None,
    )
