"""A promise about false candidates, and what searches count of it."""

import numpy as np
import pytest

from evaluation.measure import Resampling, Searches
from evaluation.published import publish
from evaluation.samples import FloatArray
from evaluation.search import Outcomes
from models.bands import Band
from models.calibration import load_calibration
from models.pack import Pack
from models.scoring import Scorer

QUICK = Resampling(draws=200)


@pytest.fixture(scope="module")
def scorer(pack: Pack) -> Scorer:
    return Scorer(pack, load_calibration(pack))


def _searches(other: FloatArray, comparable: int, mated: bool = False) -> Searches:
    n = len(other)
    outcomes = Outcomes.nothing_found(n)
    outcomes.put(slice(None), Outcomes(np.full(n, -np.inf), other, np.ones(n, np.int64), np.full(n, comparable)))
    return Searches(outcomes, np.arange(n), np.full(n, mated))


def test_score_at_the_units_threshold_counts_and_one_just_below_does_not(scorer: Scorer) -> None:
    at = scorer.threshold(Band.YOUNG, 500, 5)
    other = np.array([at, np.nextafter(at, -1), at + 0.1, at - 0.1])
    found = publish(_searches(other, 500), ("4-8",) * 4, scorer, QUICK)["4-8"]
    assert found.searches == 4
    assert found.per_100_intakes["5"].counted.value == 0.5


def test_promise_is_what_the_calibration_says_at_the_threshold(scorer: Scorer) -> None:
    chance = scorer.chance(scorer.threshold(Band.TEEN, 80, 10), Band.TEEN, 80)
    found = publish(_searches(np.zeros(7), 80), ("13-17",) * 7, scorer, QUICK)["13-17"]
    promised = found.per_100_intakes["10"].promised
    assert promised.value == pytest.approx(chance.per_search)
    assert promised.low == pytest.approx(chance.low)
    assert promised.high == pytest.approx(chance.high)
    # The threshold takes the safe side: the whole interval lies at or below what is wanted.
    assert promised.high is not None
    assert promised.high <= 0.1


def test_search_that_can_tell_nothing_takes_no_part(scorer: Scorer) -> None:
    nobody_comparable = _searches(np.full(5, -np.inf), 0)
    assert publish(nobody_comparable, ("0-3",) * 5, scorer, QUICK) == {}
    mated = _searches(np.zeros(5), 10, mated=True)
    assert publish(mated, ("0-3",) * 5, scorer, QUICK) == {}
    assert publish(_searches(np.zeros(5), 10), ("",) * 5, scorer, QUICK) == {}
