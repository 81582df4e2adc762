"""Searches against a loop that compares one pair at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.comparable import comparable_in_age
from evaluation.samples import Samples
from evaluation.scoring import RawCosine
from evaluation.search import NO_MATE, NO_RANK, Outcomes, Side, search_all

# Few directions, so that scores tie.
DIRECTIONS = np.eye(4, dtype=np.float32)
AGES = st.sampled_from([float("nan"), 1.0, 5.0, 11.0, 40.0])
ROWS = st.lists(st.tuples(st.integers(0, 3), AGES, st.integers(0, 2), st.integers(-1, 4)), min_size=1, max_size=12)
Row = tuple[int, float, int, int]


def _side(rows: list[Row], entries: list[int]) -> Side:
    vectors = np.array([DIRECTIONS[row[0]] for row in rows]).reshape(-1, 4)
    samples = Samples(vectors, np.array([row[1] for row in rows], float))
    return Side(samples, np.array([row[2] for row in rows], np.int64), np.array(entries, np.int64))


def _one_by_one(probe: Row, gallery: list[Row], entries: list[int]) -> tuple[float, float, int, int]:
    best: dict[int, float] = {}
    for row, entry in zip(gallery, entries, strict=True):
        sexes = {probe[2], row[2]}
        in_sex = len(sexes - {0}) <= 1
        in_age = bool(comparable_in_age(np.array([probe[1]]), np.array([row[1]]))[0, 0])
        if in_sex and (in_age or entry == probe[3]):
            score = float(DIRECTIONS[probe[0]] @ DIRECTIONS[row[0]])
            best[entry] = max(best.get(entry, -np.inf), score)
    compared = len(best)
    mate = best.pop(probe[3], -np.inf)
    rank = 1 + sum(score >= mate for score in best.values()) if np.isfinite(mate) else NO_RANK
    return mate, max(best.values(), default=-np.inf), rank, compared


@given(ROWS, ROWS)
def test_search_finds_what_comparing_one_by_one_finds(probes: list[Row], gallery: list[Row]) -> None:
    entries = [max(row[3], 0) for row in gallery]
    found = search_all(RawCosine(), _side(probes, [row[3] for row in probes]), _side(gallery, entries))
    for place, probe in enumerate(probes):
        expected = _one_by_one(probe, gallery, entries)
        assert (found.mate[place], found.other[place], found.rank[place], found.comparable[place]) == expected


def _samples(count: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_more_probes_than_are_scored_at_once_stay_in_order() -> None:
    vectors = _samples(600, 1)
    ages, sexes = np.full(600, np.nan), np.zeros(600, np.int64)
    side = Side(Samples(vectors, ages), sexes, np.arange(600))
    counted: list[int] = []
    found = search_all(RawCosine(), side, side, counted.append)
    assert (found.rank == 1).all()
    assert np.allclose(found.mate, 1, atol=1e-5)
    assert sum(counted) == 600


def test_entry_is_as_good_as_its_best_photograph_and_competes_once() -> None:
    gallery = _side([(0, float("nan"), 0, 0), (1, float("nan"), 0, 0), (2, float("nan"), 0, 1)], [5, 5, 9])
    probes = _side([(1, float("nan"), 0, 0)], [9])
    found = search_all(RawCosine(), probes, gallery)
    assert (found.other[0], found.mate[0], found.rank[0], found.comparable[0]) == (1.0, 0.0, 2, 2)


def test_gallery_without_one_usable_photograph_finds_nobody() -> None:
    nobody = Side(Samples(np.empty((0, 4), np.float32), np.empty(0)), np.empty(0, np.int64), np.empty(0, np.int64))
    found = search_all(RawCosine(), _side([(0, float("nan"), 0, 0)], [0]), nobody)
    assert (found.mate[0], found.other[0], found.rank[0]) == (-np.inf, -np.inf, NO_RANK)
    assert len(search_all(RawCosine(), nobody, nobody).mate) == 0


def test_own_entry_competes_however_old_its_photograph_is() -> None:
    probe, infant = (0, 11.0, 1, 0), (0, 1.0, 1, 0)
    alone = search_all(RawCosine(), _side([probe], [0]), _side([infant], [0]))
    assert alone.mate[0] == 1
    other = search_all(RawCosine(), _side([probe], [NO_MATE]), _side([infant], [0]))
    assert other.other[0] == -np.inf


def test_outcomes_of_some_searches_leave_the_others_alone() -> None:
    outcomes = Outcomes.nothing_found(3)
    outcomes.put(np.array([1]), Outcomes(np.array([0.5]), np.array([0.4]), np.array([2]), np.array([7])))
    assert outcomes.mate.tolist() == [-np.inf, 0.5, -np.inf]
    assert outcomes.among(np.array([False, True, True])).rank.tolist() == [2, NO_RANK]
