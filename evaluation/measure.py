"""From the outcomes of searches to published rates with intervals. Pure; draws come from a seed."""

from dataclasses import dataclass

import numpy as np

from evaluation import bootstrap, metrics
from evaluation.rates import threshold_at
from evaluation.record import Comparison, Curve, Estimate, GroupRates, Operating, Point, Rates
from evaluation.samples import BoolArray, FloatArray, IntArray
from evaluation.search import Outcomes

__all__ = ["FPIRS", "RANKS", "Measured", "Resampling", "Searches", "difference", "group_rates", "measure", "shares"]

FPIRS = (0.01, 0.03, 0.05, 0.1, 0.3)
RANKS = (1, 10, 50)
_CURVE_POINTS = 200


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often people are drawn for the intervals, and the seed of those draws."""

    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """The outcomes of n searches, the person (n,) that each is for, and which (n,) have a mate."""

    outcomes: Outcomes
    people: IntArray
    mated: BoolArray

    def among(self, chosen: BoolArray) -> "Searches":
        """Those that are chosen (n,)."""
        return Searches(self.outcomes.among(chosen), self.people[chosen], self.mated[chosen])

    @property
    def mate(self) -> FloatArray:
        """Scores of the own entries, of the searches that have one."""
        return self.outcomes.mate[self.mated]

    @property
    def other(self) -> FloatArray:
        """Best scores in the searches without a mate."""
        return self.outcomes.other[~self.mated]

    def people_with(self, mate: bool) -> IntArray:
        """Whom the searches with, or without, a mate are for."""
        people: IntArray = self.people[self.mated == mate]
        return people


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Rates, the thresholds (len(FPIRS),) they hold at, and the draws (draws, len(FPIRS)) of FNIR.

    Arrays are None where searches of one kind are missing, because then no rate follows from the other.
    """

    rates: Rates
    thresholds: FloatArray | None
    drawn: FloatArray | None


def measure(searches: Searches, resampling: Resampling) -> Measured:
    """FNIR at each of FPIRS, the shares at each of RANKS, and the DET curve."""
    drawn = _draw_fnir(searches, resampling)
    ranks = _ranks(searches, resampling)
    rates = Rates(
        fnir_at_fpir=_points(searches, drawn),
        rank={str(k): estimate.value for k, estimate in zip(RANKS, ranks, strict=True)},
        rank_intervals={str(k): estimate for k, estimate in zip(RANKS, ranks, strict=True)},
        det=_curve(searches),
    )
    return Measured(rates, _thresholds(searches.other), drawn)


def group_rates(group: Searches, common: FloatArray | None, resampling: Resampling) -> GroupRates:
    """Rates of a group of people, with its own threshold and with everybody's `common` ones (len(FPIRS),).

    Intervals at the common threshold take it as given: it is where a system that serves everybody would stand.
    """
    own = _points(group, _draw_fnir(group, resampling))
    shared: dict[str, Operating] = {}
    if common is not None:
        missed = ~(group.mate[:, None] > common)
        false = group.other[:, None] > common
        misses = shares(missed, group.people_with(mate=True), resampling)
        alarms = shares(false, group.people_with(mate=False), resampling)
        shared = {f"{rate:g}": Operating(*pair) for rate, *pair in zip(FPIRS, misses, alarms, strict=True)}
    return GroupRates(own, shared)


def difference(raw: Measured, normalised: Measured) -> Comparison:
    """How FNIR changes from raw to normalised scores, in the same draws of people."""
    if raw.drawn is None or normalised.drawn is None:
        return Comparison({})
    changes: dict[str, Estimate] = {}
    for column, rate in enumerate(FPIRS):
        key = f"{rate:g}"
        before, after = raw.rates.fnir_at_fpir[key].value, normalised.rates.fnir_at_fpir[key].value
        if before is not None and after is not None:
            low, high = np.quantile(normalised.drawn[:, column] - raw.drawn[:, column], [0.025, 0.975])
            changes[key] = Estimate(after - before, float(low), float(high))
    return Comparison(changes)


def _thresholds(other: FloatArray) -> FloatArray | None:
    return np.array([threshold_at(other, rate) for rate in FPIRS]) if len(other) else None


def _draw_fnir(searches: Searches, resampling: Resampling) -> FloatArray | None:
    if not len(searches.mate) or not len(searches.other):
        return None

    generator = np.random.default_rng(resampling.seed)

    def fnir_of(draws: int) -> FloatArray:
        mated = bootstrap.draw_people(searches.people_with(mate=True), draws, generator)
        others = bootstrap.draw_people(searches.people_with(mate=False), draws, generator)
        thresholds = bootstrap.replicate_thresholds(searches.other, others, np.array(FPIRS))
        return bootstrap.replicate_fnir(searches.mate, mated, thresholds)

    return bootstrap.replicates(fnir_of, len(searches.people), resampling.draws)


def _points(searches: Searches, drawn: FloatArray | None) -> dict[str, Point]:
    if drawn is None:
        return {f"{rate:g}": Point() for rate in FPIRS}
    people = len(np.unique(searches.people_with(mate=True)))
    points: dict[str, Point] = {}
    for column, rate in enumerate(FPIRS):
        value, threshold = metrics.fnir_at_fpir(searches.mate, searches.other, rate)
        sure = bootstrap.interval(value, drawn[:, column], people)
        points[f"{rate:g}"] = Point(value, sure.low, sure.high, threshold if np.isfinite(threshold) else None)
    return points


def _ranks(searches: Searches, resampling: Resampling) -> list[Estimate]:
    ranks = searches.outcomes.rank[searches.mated]
    return shares(ranks[:, None] <= np.array(RANKS), searches.people_with(mate=True), resampling)


def shares(hits: BoolArray, people: IntArray, resampling: Resampling) -> list[Estimate]:
    """The share of each column of hits (n, k), with intervals over the people (n,) whose rows they are."""
    if not len(hits):
        return [Estimate()] * hits.shape[1]

    generator = np.random.default_rng(resampling.seed)

    def share_of(draws: int) -> FloatArray:
        return bootstrap.replicate_share(hits.astype(np.float64), bootstrap.draw_people(people, draws, generator))

    drawn = bootstrap.replicates(share_of, len(people), resampling.draws)
    values = hits.mean(axis=0)
    count = len(np.unique(people))
    sure = [bootstrap.interval(float(value), drawn[:, column], count) for column, value in enumerate(values)]
    return [Estimate(float(value), one.low, one.high) for value, one in zip(values, sure, strict=True)]


def _curve(searches: Searches) -> Curve:
    if not len(searches.mate) or not len(searches.other):
        return Curve((), ())
    curve = metrics.det_curve(searches.mate, searches.other).thinned(_CURVE_POINTS)
    return Curve(tuple(curve.fpir.tolist()), tuple(curve.fnir.tolist()))
