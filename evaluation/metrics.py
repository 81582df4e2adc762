"""Error rates of an open-set search, in the terms of NIST FRTE 1:N and ISO/IEC 19795-1. Pure.

A search gives a candidate where a score is above the threshold T; a score that equals T is none, so that ties fall
on the safe side.

FPIR(T)   of the searches for people who are not in the gallery, the share with one candidate or more
FNIR(T)   of the searches for people who are in it, the share whose own entry is no candidate, at any rank
FNIR at FPIR f   FNIR at the lowest T whose FPIR is at most f
rank k    of the searches for people who are in it, the share whose own entry is among the k best, whatever its
          score; an entry that ties with others stands behind them

A photograph without a usable face makes a search without candidates: a miss where its person is in the gallery,
as is every search for a person whose own entry has no usable photograph.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.rates import threshold_at
from evaluation.samples import FloatArray

__all__ = ["Curve", "det_curve", "fnir", "fnir_at_fpir"]


def fnir(mate: FloatArray, threshold: float) -> float:
    """Of the own entries' scores (n,) in n > 0 searches with a mate."""
    return float((~(mate > threshold)).mean())


def fnir_at_fpir(mate: FloatArray, other: FloatArray, rate: float) -> tuple[float, float]:
    """FNIR, and the threshold it is measured at; both arrays hold at least one search."""
    threshold = threshold_at(other, rate)
    return fnir(mate, threshold), threshold


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A detection error trade-off: one point per threshold, the strictest first."""

    fpir: FloatArray  # (k,) strictly ascending
    fnir: FloatArray  # (k,) descending

    def thinned(self, points: int) -> "Curve":
        """At most `points` of its points, evenly spread over the logarithm of FPIR; both ends stay."""
        if len(self.fpir) <= points:
            return self
        positions = np.log(np.maximum(self.fpir, self.fpir[1] / 2))
        places = np.searchsorted(positions, np.linspace(positions[0], positions[-1], points))
        chosen = np.unique(np.append(np.minimum(places, len(positions) - 1), [0, len(positions) - 1]))
        return Curve(self.fpir[chosen], self.fnir[chosen])


def det_curve(mate: FloatArray, other: FloatArray) -> Curve:
    """All pairs of rates that some threshold gives, at the best FNIR for each FPIR."""
    thresholds = np.append(np.unique(other)[::-1], -np.inf)
    above = len(other) - np.searchsorted(np.sort(other), thresholds, side="right")
    missed = np.searchsorted(np.sort(mate), thresholds, side="right")
    fpir_of, first = np.unique(above / len(other), return_index=True)
    # Of thresholds with the same FPIR the last is the lowest, and misses least.
    last = np.append(first[1:], len(above)) - 1
    return Curve(fpir_of, missed[last] / len(mate))
