"""Intervals that would be too sure, or about the wrong people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.bootstrap import (
    draw_people,
    interval,
    replicate_fnir,
    replicate_share,
    replicate_thresholds,
    replicates,
)
from evaluation.metrics import fnir
from evaluation.rates import threshold_at

RATES = np.array([0.01, 0.1, 0.29, 0.5, 1.0])
WEIGHTED = st.lists(
    st.tuples(st.sampled_from([-np.inf, 0.0, 0.1, 0.2, 0.7]), st.integers(0, 3)), min_size=1, max_size=20
)


@given(WEIGHTED, WEIGHTED)
def test_draw_is_measured_as_if_its_searches_stood_there_that_often(
    mated: list[tuple[float, int]], others: list[tuple[float, int]]
) -> None:
    mate, mate_weights = (np.array(column) for column in zip(*mated, strict=True))
    other, other_weights = (np.array(column) for column in zip(*others, strict=True))
    if not mate_weights.sum() or not other_weights.sum():
        return
    thresholds = replicate_thresholds(other, other_weights[None], RATES)
    shares = replicate_fnir(mate, mate_weights[None], thresholds)
    for column, rate in enumerate(RATES):
        expected = threshold_at(np.repeat(other, other_weights), rate)
        assert thresholds[0, column] == expected
        assert shares[0, column] == pytest.approx(fnir(np.repeat(mate, mate_weights), expected))


def test_draw_that_holds_nobody_is_no_number_and_does_not_end_the_run() -> None:
    shares = replicate_fnir(np.array([0.5]), np.array([[0], [1]]), np.array([[0.1], [0.1]]))
    assert np.isnan(shares[0, 0])
    assert shares[1, 0] == 0
    assert interval(0.0, shares[:, 0], people=1).low == 0


def test_searches_for_one_person_are_drawn_together() -> None:
    weights = draw_people(np.array([7, 7, 3, 7, 9]), 200, np.random.default_rng(0))
    assert weights.shape == (200, 5)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 0] == weights[:, 3]).all()
    assert (weights[:, [0, 2, 4]].sum(axis=1) == 3).all()


def test_hundred_photographs_of_one_person_are_no_more_sure_than_one() -> None:
    mate = np.array([0.0] * 100 + [1.0] * 10)
    people = np.array([0] * 100 + list(range(1, 11)))
    hits = (mate > 0.5).astype(float)[:, None]
    generator = np.random.default_rng(1)
    drawn = replicates(lambda draws: replicate_share(hits, draw_people(people, draws, generator)), 110, 1000)
    alone = replicates(lambda draws: replicate_share(hits, draw_people(np.arange(110), draws, generator)), 110, 1000)
    assert np.ptp(np.quantile(drawn, [0.025, 0.975])) > 3 * np.ptp(np.quantile(alone, [0.025, 0.975]))


def test_no_miss_among_few_people_does_not_promise_that_nobody_is_missed() -> None:
    assert interval(0.0, np.zeros(1000), people=20).high == pytest.approx(0.161, abs=0.001)
    assert interval(1.0, np.ones(1000), people=20).low == pytest.approx(0.839, abs=0.001)


@given(st.integers(1, 500), st.data())
def test_interval_holds_its_value_and_stays_a_share(people: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, people)) / people
    drawn = np.random.default_rng(people).binomial(people, value, 200) / people
    found = interval(value, drawn, people)
    assert 0 <= found.low <= value <= found.high <= 1


def test_draws_in_parts_are_as_many_as_asked_for() -> None:
    sizes: list[int] = []

    def measure(draws: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        sizes.append(draws)
        return np.zeros((draws, 1))

    assert len(replicates(measure, 1_500_000, 7)) == 7
    assert len(sizes) > 1
