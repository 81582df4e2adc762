"""Error versus discard: from which quality on comparison can be relied on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["RETAKE_AT", "WARN_AT", "Trial", "discard_curve", "limit_at", "miss_rate"]

# A photograph is refused where as good ones miss their own person this often, and warned of at the lesser rate.
RETAKE_AT, WARN_AT = 0.10, 0.03


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison of a person with himself: the probe's quality, 0 to 100, and whether it missed."""

    quality: float
    missed: bool


def miss_rate(trials: Sequence[Trial]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The share of misses as a function of quality that never rises: different qualities ascending, and rates.

    Isotonic regression by pooling adjacent violators (Ayer and others, 1955): better quality is taken not to
    hurt, and nothing else is assumed.
    """
    quality = np.array([trial.quality for trial in trials])
    values, places, counts = np.unique(quality, return_inverse=True, return_counts=True)
    misses = np.bincount(places, [trial.missed for trial in trials])
    blocks: list[tuple[float, int, int]] = []  # Mean of misses, number of trials, number of different qualities.
    # Equal qualities are one block from the start: their order among themselves means nothing.
    for missed, count in zip(misses.tolist(), counts.tolist(), strict=True):
        blocks.append((missed / count, count, 1))
        while len(blocks) > 1 and blocks[-2][0] <= blocks[-1][0]:
            (one, n, width), (other, m, more) = blocks[-2:]
            blocks[-2:] = [((one * n + other * m) / (n + m), n + m, width + more)]
    rates = np.repeat([mean for mean, _, _ in blocks], [width for _, _, width in blocks])
    return values, rates


def limit_at(trials: Sequence[Trial], rate: float) -> float:
    """The quality below which photographs miss at least this often; 0 where none do."""
    qualities, rates = miss_rate(trials)
    bad = np.flatnonzero(rates >= rate)
    if not bad.size:
        return 0.0
    return float(qualities[min(bad[-1] + 1, len(qualities) - 1)])


def discard_curve(trials: Sequence[Trial], shares: Sequence[float]) -> list[float]:
    """The share of misses that remains when each share of the worst photographs is discarded (EDC)."""
    missed = np.array([trial.missed for trial in sorted(trials, key=lambda trial: trial.quality)])
    return [float(missed[int(share * len(missed)) :].mean()) for share in shares]
