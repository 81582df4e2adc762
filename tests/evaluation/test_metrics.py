"""Error rates against the words of their definitions, counted one search at a time."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import det_curve, fnir, fnir_at_fpir
from evaluation.rates import tar_at_far, threshold_at

# Few different values, so that ties are the rule; minus infinity is a search without a usable face.
SCORES = st.lists(st.sampled_from([-math.inf, -0.5, 0.0, 0.1, 0.2, 0.25, 0.9]), min_size=1, max_size=30)
RATES = st.sampled_from([0.0, 0.01, 0.03, 0.05, 0.1, 0.29, 0.3, 0.5, 1.0])


def _counted(mate: list[float], other: list[float], rate: float) -> float:
    """The best FNIR of any threshold, every one of them tried, whose FPIR is at most the rate."""
    best = 1.0
    for threshold in {*other, *mate, -math.inf, math.inf}:
        false = sum(score > threshold for score in other)
        if false <= rate * len(other) + 1e-9:
            best = min(best, sum(not score > threshold for score in mate) / len(mate))
    return best


@given(SCORES, SCORES, RATES)
def test_fnir_at_fpir_is_the_best_of_all_thresholds_that_keep_the_rate(
    mate: list[float], other: list[float], rate: float
) -> None:
    value, threshold = fnir_at_fpir(np.array(mate), np.array(other), rate)
    assert (np.array(other) > threshold).mean() <= rate + 1e-9
    assert value == fnir(np.array(mate), threshold)
    # The threshold is one of the other scores, so a mate between two of them is not won by luck.
    assert value == pytest.approx(_counted(mate, other, rate))


def test_ten_searches_counted_by_hand() -> None:
    other = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
    mate = np.array([0.95, 0.85, 0.75, 0.1])
    assert fnir_at_fpir(mate, other, 0.1) == (0.5, 0.8)
    assert fnir_at_fpir(mate, other, 0.3) == (0.25, 0.6)
    assert fnir_at_fpir(mate, other, 0.05) == (0.75, 0.9)


def test_mate_that_ties_with_the_threshold_is_missed() -> None:
    assert fnir_at_fpir(np.array([0.8]), np.array([0.9, 0.8]), 0.5)[0] == 1.0


def test_everyone_may_be_taken_for_somebody_and_still_the_faceless_are_missed() -> None:
    assert fnir_at_fpir(np.array([-math.inf, -0.9]), np.array([0.5]), 1.0) == (0.5, -math.inf)


def test_29_of_100_scores_may_exceed_although_binary_says_a_little_less() -> None:
    scores = np.arange(100.0)
    assert 0.29 * 100 < 29
    assert threshold_at(scores, 0.29) == 70.0


def test_rate_without_a_single_impostor_is_no_rate() -> None:
    with pytest.raises(ValueError, match="at least one"):
        threshold_at(np.empty(0), 0.1)


@given(SCORES, SCORES, RATES)
def test_tar_at_far_is_what_fnir_leaves(genuine: list[float], impostor: list[float], rate: float) -> None:
    tar = tar_at_far(np.array(genuine), np.array(impostor), rate)
    assert tar == pytest.approx(1 - fnir_at_fpir(np.array(genuine), np.array(impostor), rate)[0])


@given(SCORES, SCORES)
def test_det_curve_holds_every_rate_that_a_threshold_gives(mate: list[float], other: list[float]) -> None:
    curve = det_curve(np.array(mate), np.array(other))
    for x, y in zip(curve.fpir, curve.fnir, strict=True):
        assert y == pytest.approx(_counted(mate, other, float(x)))
    assert curve.fpir[0] == 0
    assert all(a < b for a, b in pairwise(curve.fpir))
    assert all(a >= b for a, b in pairwise(curve.fnir))


@given(SCORES, SCORES, st.integers(2, 12))
def test_thinned_curve_is_part_of_the_curve_with_both_ends(mate: list[float], other: list[float], points: int) -> None:
    curve = det_curve(np.array(mate), np.array(other))
    thinned = curve.thinned(points)
    assert len(thinned.fpir) <= max(points, 2) + 1
    whole = set(zip(curve.fpir, curve.fnir, strict=True))
    assert set(zip(thinned.fpir, thinned.fnir, strict=True)) <= whole
    assert (thinned.fpir[0], thinned.fpir[-1]) == (curve.fpir[0], curve.fpir[-1])
