"""How sure a rate is: intervals of 95 % from drawing the people again. Pure, but for the generator passed in.

Searches for one person are not independent, so people are drawn, with replacement and with all their searches, as
many as there were (the people with a mate and those without each among themselves), and every rate is measured
anew, its threshold too. The gallery stays: an interval is about other people searched for in this gallery.

A bootstrap cannot draw an error that it has not seen: without one miss its interval would end at 0. An interval is
therefore never narrower than Wilson's for as many independent people (J. Am. Stat. Assoc. 22, 1927).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.samples import FloatArray, IntArray

__all__ = [
    "Interval",
    "draw_people",
    "interval",
    "replicate_fnir",
    "replicate_share",
    "replicate_thresholds",
    "replicates",
]

_Z = 1.959964  # Standard normal quantile of 97.5 %.
# Numbers in memory at once: draws times searches.
_CHUNK = 4_000_000
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """95 % of the drawn values lie between, both included."""

    low: float
    high: float


def draw_people(people: IntArray, draws: int, generator: np.random.Generator) -> IntArray:
    """How often each search (n,) stands in each draw: (draws, n), from the person (n,) that it is for."""
    _, number = np.unique(people, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=draws) if count else np.zeros((draws, 0), int)
    weights: IntArray = drawn[:, number]
    return weights


def replicates(measure: Callable[[int], FloatArray], cost: int, draws: int) -> FloatArray:
    """What `measure(d)` makes of d draws, (d, ...), for all draws together and few enough at a time.

    `cost` is how many numbers one draw takes in memory.
    """
    size = max(1, _CHUNK // max(1, cost))
    return np.concatenate([measure(min(size, draws - start)) for start in range(0, draws, size)])


def replicate_thresholds(other: FloatArray, weights: IntArray, rates: FloatArray) -> FloatArray:
    """What `threshold_at` would give in each draw, (draws, rates), of scores (n,) and weights (draws, n)."""
    order = np.argsort(-other, kind="stable")
    descending = np.append(other[order], -np.inf)
    counted = np.cumsum(weights[:, order], axis=1)
    allowed = np.floor(counted[:, -1:] * rates + _ROUNDING)
    places = np.stack([(counted <= allowed[:, [column]]).sum(axis=1) for column in range(len(rates))], axis=1)
    thresholds: FloatArray = descending[places]
    return thresholds


def replicate_fnir(mate: FloatArray, weights: IntArray, thresholds: FloatArray) -> FloatArray:
    """FNIR (draws, rates) of scores (n,) with weights (draws, n) at each draw's thresholds (draws, rates).

    Not a number in a draw that holds none of the searches.
    """
    order = np.argsort(mate, kind="stable")
    missed = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights[:, order], axis=1)], axis=1)
    places = np.searchsorted(mate[order], thresholds, side="right")
    return _share(np.take_along_axis(missed, places, axis=1), missed[:, -1:])


def replicate_share(hits: FloatArray, weights: IntArray) -> FloatArray:
    """The weighted share (draws, k) of each column of hits (n, k), each 0 or 1."""
    return _share(weights @ hits, weights.sum(axis=1, keepdims=True))


def _share(part: FloatArray, whole: FloatArray | IntArray) -> FloatArray:
    shares: FloatArray = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return shares


def interval(value: float, drawn: FloatArray, people: int) -> Interval:
    """Of a share and its drawn values (draws,), never narrower than `people` > 0 independent people allow."""
    centre = (value + _Z**2 / (2 * people)) / (1 + _Z**2 / people)
    half = _Z / (1 + _Z**2 / people) * np.sqrt(value * (1 - value) / people + _Z**2 / (4 * people**2))
    low, high = np.quantile(np.append(drawn[np.isfinite(drawn)], value), [0.025, 0.975])
    return Interval(float(max(0.0, min(low, centre - half))), float(min(1.0, max(high, centre + half))))
