"""Does the pack keep its word? What a band's calibration promises, against what searches then count. Pure.

A unit sets its threshold for each search from the wanted number of false candidates per 100 intakes, the age band
and how many entries compete. Here the same is done for every search of someone who is not in the gallery. Each
threshold says how often such a search brings up somebody; that mean is the promise, and the share of searches that
do bring up somebody is the count.
"""

from typing import Final

import numpy as np

from evaluation.measure import Resampling, Searches, shares
from evaluation.record import Estimate, Published, PublishedBand
from evaluation.samples import BoolArray
from models.bands import Band
from models.scoring import Scorer

__all__ = ["WANTED", "publish"]

WANTED: Final = (1, 5, 10, 30)
"""False candidates per 100 intakes."""


def publish(
    searches: Searches, labels: tuple[str, ...], scorer: Scorer, resampling: Resampling
) -> dict[str, PublishedBand]:
    """By band: promise and count. `labels` (n,) are the bands of the searched people; "" takes no part.

    A search without a usable photograph, or in which nobody is comparable, tells nothing of a promise.
    """
    label = np.array(labels)
    tells = ~searches.mated & (searches.outcomes.comparable > 0)
    found: dict[str, PublishedBand] = {}
    for band in Band:
        chosen: BoolArray = tells & (label == band.value)
        if chosen.any():
            rates = {str(wanted): _rate(searches.among(chosen), band, scorer, wanted, resampling) for wanted in WANTED}
            found[band.value] = PublishedBand(int(chosen.sum()), rates)
    return found


def _rate(searches: Searches, band: Band, scorer: Scorer, wanted: int, resampling: Resampling) -> Published:
    sizes, places = np.unique(searches.outcomes.comparable, return_inverse=True)
    thresholds = np.array([scorer.threshold(band, int(size), wanted) for size in sizes])
    chances = [scorer.chance(float(at), band, int(size)) for at, size in zip(thresholds, sizes, strict=True)]
    promised = np.array([(chance.per_search, chance.low, chance.high) for chance in chances])[places].mean(axis=0)
    # A unit lets a score through that equals its threshold.
    brought_up = searches.outcomes.other >= thresholds[places]
    (counted,) = shares(brought_up[:, None], searches.people, resampling)
    value, low, high = (float(part) for part in promised)
    return Published(Estimate(value, low, high), counted)
