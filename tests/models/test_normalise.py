"""Scores must mean the same for infants and adults, and nobody's template may be read from what ships."""

import io

import numpy as np
import pytest

from models.errors import PackRejectedError
from models.normalise import Population, Rows, read_population, write_population

D = 24


def _crowd(random: np.random.Generator, towards: int, spread: float, n: int) -> Rows:
    """People around one direction: the smaller the spread, the more alike they are."""
    values = spread * random.normal(size=(n, D))
    values[:, towards] += 1
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def population() -> Population:
    """Children close together, adults far apart, in opposite corners of the space."""
    random = np.random.default_rng(7)
    children = _crowd(random, 0, 0.15, 400)
    boundary = np.zeros(D, np.float32)
    boundary[0], boundary[1] = 24, -24
    return Population(
        boundary=boundary,
        offset=0.0,
        means=children.mean(axis=0)[None],
        covariances=np.cov(children.T)[None].astype(np.float32),
        adult_crowding=0.1,
    )


def test_unrelated_infants_no_longer_outscore_unrelated_adults(population: Population) -> None:
    random = np.random.default_rng(8)
    children, adults = _crowd(random, 0, 0.15, 60), _crowd(random, 1, 0.5, 60)

    def between(group: Rows, normalised: bool) -> float:
        scores = population.entries(group) @ population.probes(group).T if normalised else group @ group.T
        return float(np.median(scores[np.triu_indices(len(group), 1)]))

    assert between(children, normalised=False) - between(adults, normalised=False) > 0.4
    assert between(children, normalised=True) - between(adults, normalised=True) < 0.15


def test_adults_keep_their_cosines_with_each_other_and_with_children(population: Population) -> None:
    adults, children = _crowd(np.random.default_rng(9), 1, 0.15, 40), _crowd(np.random.default_rng(12), 0, 0.15, 40)
    assert population.childhood(adults).max() < 1e-3
    assert population.childhood(children).min() > 0.9
    for others in (adults, children):
        for entries, probes in ((adults, others), (others, adults)):
            normalised = population.entries(entries) @ population.probes(probes).T
            assert np.abs(normalised - entries @ probes.T).max() < 1e-3


def test_score_does_not_depend_on_who_is_the_probe(population: Population) -> None:
    people = np.concatenate([_crowd(np.random.default_rng(i), i, 0.3, 20) for i in (0, 1)])
    scores = population.entries(people) @ population.probes(people).T
    assert np.abs(scores - scores.T).max() < 1e-5


def test_large_gallery_is_prepared_like_a_small_one(population: Population) -> None:
    people = _crowd(np.random.default_rng(10), 0, 0.4, 5000)
    assert np.abs(population.entries(people)[4990:] - population.entries(people[4990:])).max() < 1e-6


def test_population_comes_back_from_its_file_and_equal_ones_give_equal_bytes(population: Population) -> None:
    data = write_population(population)
    assert write_population(population) == data
    again = read_population(data, D)
    person = _crowd(np.random.default_rng(11), 0, 0.3, 1)
    assert (again.entries(person) == population.entries(person)).all()


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"PK\3\4nothing"])
def test_damaged_population_file_is_refused(population: Population, damage: "object") -> None:
    assert callable(damage)
    with pytest.raises(PackRejectedError, match="population"):
        read_population(damage(write_population(population)), D)


def test_population_of_another_dimension_or_with_infinite_values_is_refused(population: Population) -> None:
    with pytest.raises(PackRejectedError, match="48 values"):
        read_population(write_population(population), 48)
    broken = Population(
        boundary=population.boundary,
        offset=0.0,
        means=population.means * np.float32(np.nan),
        covariances=population.covariances,
        adult_crowding=0.1,
    )
    with pytest.raises(PackRejectedError):
        read_population(write_population(broken), D)


def test_population_file_with_a_pickle_inside_is_refused_unread() -> None:
    stream = io.BytesIO()
    np.savez(stream, boundary=np.array([object()], dtype=object))
    with pytest.raises(PackRejectedError):
        read_population(stream.getvalue(), D)
