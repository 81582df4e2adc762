"""Published rates must be what fresh people then count, or every sentence made of them is wrong."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.calibrate import People, cross_fitted
from evaluation.errors import ListRejectedError
from evaluation.population import fit_population
from evaluation.tails import Impostors, fit_curves
from models.bands import CHILD_BANDS, Band
from models.normalise import Rows

D = 24


def _unit(values: NDArray[np.floating]) -> Rows:
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def _people(random: np.random.Generator, n: int) -> Rows:
    return _unit(random.normal(size=(n, D)) * np.linspace(1.5, 0.4, D))


def _impostors(people: Rows) -> Impostors:
    a, b = np.triu_indices(len(people), 1)
    return Impostors((people @ people.T)[a, b].astype(np.float64), a, b, len(people))


def test_rates_lie_in_their_intervals_on_fresh_people() -> None:
    random = np.random.default_rng(1)
    curve = fit_curves({Band.YOUNG: _impostors(_people(random, 250))}, random, draws=100)[Band.YOUNG]
    fresh = _impostors(_people(random, 2000)).scores
    for rate in (0.1, 0.01, 0.001, 0.0001):
        score = float(np.interp(-np.log(rate), -np.log(curve.rate), curve.scores))
        said = curve.at(score)
        assert said.low <= (fresh > score).mean() <= said.high


def test_interval_reaches_down_to_none_where_fresh_people_may_score_so_high_never() -> None:
    random = np.random.default_rng(9)
    curve = fit_curves({Band.YOUNG: _impostors(_people(random, 100))}, random, draws=100)[Band.YOUNG]
    scores = np.linspace(-1, 1, 401)
    said = [curve.at(float(score)) for score in (*scores, *curve.scores)]
    assert all(0 <= one.low <= one.value <= one.high for one in said)
    assert curve.at(1.0).low == 0.0
    assert curve.at(curve.scores[0]).low > 0.3


def test_fewer_people_give_a_wider_interval_and_a_stricter_threshold() -> None:
    random = np.random.default_rng(2)
    bands = {Band.INFANT: _impostors(_people(random, 400)), Band.TEEN: _impostors(_people(random, 40))}
    curves = fit_curves(bands, random, draws=100)
    many, few = curves[Band.INFANT].at(0.6), curves[Band.TEEN].at(0.6)
    assert few.high / few.value > many.high / many.value
    assert curves[Band.TEEN].score_for(0.001) > curves[Band.INFANT].score_for(0.001)


def test_likenesses_that_no_smooth_tail_knows_are_left_out_of_the_threshold() -> None:
    random = np.random.default_rng(3)
    people = _people(random, 250)
    twins = _unit(people[:12] + random.normal(size=(12, D)) * 0.05)
    plain, twinned = (
        fit_curves({Band.YOUNG: _impostors(group)}, np.random.default_rng(4), draws=100)[Band.YOUNG]
        for group in (people, np.concatenate([people, twins]))
    )
    counted = _impostors(np.concatenate([people, twins])).scores
    rate = 1e-4
    assert (counted > plain.score_for(rate)).mean() > rate
    assert (counted > twinned.score_for(rate)).mean() <= rate


def test_curve_only_falls() -> None:
    random = np.random.default_rng(3)
    curve = fit_curves({Band.MIDDLE: _impostors(_people(random, 60))}, random, draws=50)[Band.MIDDLE]
    for column in (curve.rate, curve.low, curve.high):
        assert list(column) == sorted(column, reverse=True)
    assert all(low <= rate <= high for low, rate, high in zip(curve.low, curve.rate, curve.high, strict=True))


def test_same_people_give_the_same_curve() -> None:
    people = _impostors(_people(np.random.default_rng(4), 50))
    one, two = (fit_curves({Band.ADULT: people}, np.random.default_rng(5), draws=20) for _ in range(2))
    assert one == two


def test_nobody_is_normalised_by_a_population_that_knows_him() -> None:
    random = np.random.default_rng(6)
    bands = np.repeat([band.value for band in Band], 30)
    people = People(_people(random, 150), bands, np.array(["female", "male"] * 75))
    entries, probes = cross_fitted(people, np.random.default_rng(0))
    assert np.isfinite(entries).all()
    # Exchanging one person's template changes the rows of others, and not by way of his own fold alone.
    changed = People(people.templates.copy(), bands, people.sexes)
    changed.templates[0] = -changed.templates[0]
    again, _ = cross_fitted(changed, np.random.default_rng(0))
    fold = np.random.default_rng(0).permutation(150) % 5
    together = np.flatnonzero(fold == fold[0])[1:]
    apart = np.flatnonzero(fold != fold[0])
    assert np.abs(again[together] - entries[together]).max() < 1e-7
    assert np.abs(again[apart] - entries[apart]).max() > 1e-7
    assert probes.shape == (150, D + 2)


def test_band_with_too_few_people_stops_the_fit() -> None:
    random = np.random.default_rng(7)
    bands = np.array([Band.ADULT.value] * 60 + [Band.TEEN.value] * 60)
    people = People(_people(random, 120), bands, np.array(["female"] * 120))
    with pytest.raises(ListRejectedError, match="0-3"):
        cross_fitted(people, random)


def test_population_tells_children_from_adults_and_holds_no_template() -> None:
    random = np.random.default_rng(8)
    adults = _people(random, 300)
    towards = np.eye(D, dtype=np.float32)[0]
    children = [_unit(_people(random, 80) + towards) for _ in CHILD_BANDS]
    population = fit_population(children, adults)
    assert population.childhood(np.concatenate(children)).mean() > 5 * population.childhood(adults).mean()
    parts = np.concatenate([population.means, *population.covariances])
    parts = parts / np.maximum(np.linalg.norm(parts, axis=1, keepdims=True), 1e-9)
    assert (parts @ np.concatenate(children).T).max() < 0.97
