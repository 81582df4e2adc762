"""From facts to the table. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.ingest.service import IntakeFacts
from hub.statistics.model import BREAKDOWNS, DECISIONS, MEASURES, OUTCOMES, RESTS, TOTAL, Facts, Row
from hub.statistics.suppression import SMALLEST_SHOWN, is_small, withheld

Groups = Mapping[str, Sequence[str]]

# Each number that a reader has or can get by subtracting, and the measures that are withheld where it is.
_TELLING: Final[tuple[tuple[str, ...], ...]] = (*((name,) for name in MEASURES), *(parts for _, parts in RESTS))


@dataclass(slots=True)
class _Tally:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    hours: list[float] = field(default_factory=list)

    def numbers(self) -> list[int]:
        """What _TELLING names, in its order."""
        rests = (self.counts[whole] - sum(self.counts[part] for part in parts) for whole, parts in RESTS)
        return [*(self.counts[name] for name in MEASURES), *rests]


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
    rows = [_row((TOTAL, TOTAL), total, [is_small(number) for number in total.numbers()])]
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
    columns = list(zip(*(tally.numbers() for tally in tallies), strict=True))
    hidden = [withheld(column) for column in columns]
    for place, (name, tally) in enumerate(zip(names, tallies, strict=True)):
        yield _row((breakdown, name), tally, [place in places for places in hidden])


def _row(place: tuple[str, str], tally: _Tally, told: Sequence[bool]) -> Row:
    """`told`: for each of _TELLING, whether it must not be known."""
    hidden = {name for names, hides in zip(_TELLING, told, strict=True) if hides for name in names}
    if hidden & DECISIONS:
        hidden |= OUTCOMES
    timed = len(tally.hours) >= SMALLEST_SHOWN and not hidden & OUTCOMES
    return Row(
        *place,
        tuple(None if name in hidden else tally.counts[name] for name in MEASURES),
        percentile(tally.hours, 0.5) if timed else None,
        percentile(tally.hours, 0.9) if timed else None,
    )
