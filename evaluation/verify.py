"""Measure a verification of pairs: is this the same person? TAR at FAR, and the ROC curve.

FAR(T)   of the pairs of different people, the share that scores above T
TAR(T)   of the pairs of one person, the share that scores above T; a pair with an unusable photograph never does

A list of pairs names no people. Photographs that genuine pairs connect are of one person; intervals draw people
again, and a pair of two people stands in a draw as often as the product of how often each was drawn (Owen, The
pigeonhole bootstrap, Ann. Appl. Stat. 1, 2007).
"""

import numpy as np

from evaluation import bootstrap
from evaluation.acquire import Templates
from evaluation.lists import Pair, PhotoPairs
from evaluation.measure import Resampling
from evaluation.metrics import det_curve
from evaluation.rates import tar_at_far, threshold_at
from evaluation.record import Curve, ListName, Point, VerifyRates, VerifyRecord
from evaluation.samples import BoolArray, FloatArray, IntArray
from evaluation.scoring import Scorer, Scorers
from models.pack import Pack

__all__ = ["FARS", "people_of", "verify"]

FARS = (0.0001, 0.001, 0.01, 0.1)
_CURVE_POINTS = 200


def verify(
    pack: Pack, pairs: PhotoPairs, templates: Templates, scorers: Scorers, resampling: Resampling
) -> VerifyRecord:
    """Score all pairs with every scorer."""

    def rates(scorer: Scorer) -> VerifyRates:
        return _rates(_scores(scorer, pairs, templates), pairs, resampling)

    genuine = sum(pair.same for pair in pairs.pairs)
    return VerifyRecord(
        kind="verify",
        pack=pack.digest,
        pack_name=pack.manifest.name,
        calibration=scorers.calibration,
        lists={"pairs": ListName(pairs.name, pairs.digest)},
        genuine=genuine,
        impostor=len(pairs.pairs) - genuine,
        photographs=len(pairs.photos),
        failures_to_acquire=len(pairs.photos) - len(templates.usable(pairs.photos)),
        bootstrap=resampling.draws,
        seed=resampling.seed,
        raw=rates(scorers.raw),
        normalised=rates(scorers.normalised) if scorers.normalised else None,
    )


def people_of(photographs: int, pairs: tuple[Pair, ...]) -> IntArray:
    """(photographs,) a number for each photograph's person: those that genuine pairs connect are one."""
    parent = list(range(photographs))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for pair in pairs:
        if pair.same:
            parent[root(pair.a)] = root(pair.b)
    return np.array([root(place) for place in range(photographs)], np.int64)


def _scores(scorer: Scorer, pairs: PhotoPairs, templates: Templates) -> FloatArray:
    """(pairs,) minus infinity where a photograph is not usable."""
    usable = templates.usable(pairs.photos)
    row = np.full(len(pairs.photos), -1)
    row[usable] = np.arange(len(usable))
    samples = templates.samples(pairs.photos)
    a, b = row[[pair.a for pair in pairs.pairs]], row[[pair.b for pair in pairs.pairs]]
    scored = np.flatnonzero((a >= 0) & (b >= 0))
    scores = np.full(len(pairs.pairs), -np.inf)
    scores[scored] = scorer.pairs(samples.rows(a[scored]), samples.rows(b[scored]))
    return scores


def _rates(scores: FloatArray, pairs: PhotoPairs, resampling: Resampling) -> VerifyRates:
    same = np.array([pair.same for pair in pairs.pairs])
    genuine, impostor = scores[same], scores[~same]
    if not len(genuine) or not len(impostor):
        return VerifyRates({f"{rate:g}": Point() for rate in FARS}, Curve((), ()))
    people = people_of(len(pairs.photos), pairs.pairs)
    a = people[[pair.a for pair in pairs.pairs]]
    b = people[[pair.b for pair in pairs.pairs]]
    drawn = _draw_tar(scores, same, a, b, resampling)
    points: dict[str, Point] = {}
    for column, rate in enumerate(FARS):
        value, threshold = tar_at_far(genuine, impostor, rate), threshold_at(impostor, rate)
        sure = bootstrap.interval(value, drawn[:, column], len(np.unique(a[same])))
        points[f"{rate:g}"] = Point(value, sure.low, sure.high, threshold if np.isfinite(threshold) else None)
    curve = det_curve(genuine, impostor).thinned(_CURVE_POINTS)
    return VerifyRates(points, Curve(tuple(curve.fpir.tolist()), tuple((1 - curve.fnir).tolist())))


def _draw_tar(scores: FloatArray, same: BoolArray, a: IntArray, b: IntArray, resampling: Resampling) -> FloatArray:
    """TAR (draws, FARS) in draws of people, from each pair's scores (n,), kind (n,) and two persons (n,)."""
    numbers, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    one, other = places[: len(a)], places[len(a) :]
    generator = np.random.default_rng(resampling.seed)

    def tar_of(draws: int) -> FloatArray:
        drawn = bootstrap.draw_people(numbers, draws, generator)
        genuine, impostor = drawn[:, one[same]], drawn[:, one[~same]] * drawn[:, other[~same]]
        thresholds = bootstrap.replicate_thresholds(scores[~same], impostor, np.array(FARS))
        rejected = bootstrap.replicate_fnir(scores[same], genuine, thresholds)
        rejected[impostor.sum(axis=1) == 0] = np.nan
        return 1 - rejected

    return bootstrap.replicates(tar_of, len(scores), resampling.draws)
