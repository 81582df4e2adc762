"""Limits must lie where photographs fail, and move with the data."""

import numpy as np
import pytest

from evaluation.discard import Trial, discard_curve, limit_at, miss_rate


def _trials(fails_below: float, n: int = 400) -> list[Trial]:
    return [Trial(quality, quality < fails_below) for quality in np.linspace(0, 100, n)]


@pytest.mark.parametrize("edge", [10, 35, 80])
def test_limit_is_where_photographs_stop_failing(edge: float) -> None:
    assert limit_at(_trials(edge), 0.1) == pytest.approx(edge, abs=1)


def test_measure_that_never_fails_sets_no_limit() -> None:
    assert limit_at(_trials(-1), 0.1) == 0


def test_miss_rate_never_rises_with_quality_and_keeps_its_mean() -> None:
    random = np.random.default_rng(0)
    qualities = random.uniform(0, 100, 500)
    trials = [Trial(float(q), bool(random.random() < np.exp(-q / 30))) for q in qualities]
    _, rates = miss_rate(trials)
    assert (np.diff(rates) <= 1e-12).all()
    assert rates.mean() == pytest.approx(np.mean([trial.missed for trial in trials]))


def test_photographs_of_equal_quality_share_one_side_of_the_limit() -> None:
    trials = [Trial(0.0, missed=True)] * 5 + [Trial(0.0, missed=False)] * 5 + [Trial(50.0, missed=False)] * 30
    assert limit_at(trials, 0.1) == 50


def test_discarding_the_worst_lowers_the_misses() -> None:
    curve = discard_curve(_trials(20), (0, 0.1, 0.2, 0.3))
    assert curve == sorted(curve, reverse=True)
    assert curve[0] == pytest.approx(0.2, abs=0.01)
    assert curve[-1] == 0


def test_order_among_photographs_of_equal_quality_sets_no_limit() -> None:
    best = [Trial(100.0, missed=True)] * 3 + [Trial(100.0, missed=False)] * 300
    assert limit_at([*best, *[Trial(50.0, missed=False)] * 300], 0.03) == 0
