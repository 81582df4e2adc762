"""Error rates from scores. Higher scores mean more alike."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["tar_at_far", "threshold_at"]

# 0.29 of 100 scores are 29, although 0.29 * 100 is a little less in binary.
_ROUNDING = 1e-9


def threshold_at(impostors: NDArray[np.floating], rate: float) -> float:
    """The lowest threshold that at most this share of impostor scores exceeds.

    A score counts as a match where it is above the threshold, so ties fall on the safe side.
    """
    if not impostors.size:
        raise ValueError("a rate of impostor matches needs at least one impostor score")
    descending = np.sort(impostors)[::-1]
    allowed = int(rate * len(descending) + _ROUNDING)
    return float(descending[allowed]) if allowed < len(descending) else float("-inf")


def tar_at_far(genuine: NDArray[np.floating], impostors: NDArray[np.floating], rate: float) -> float:
    """True accept rate: the share of genuine pairs accepted where `rate` of the impostor pairs are."""
    return float((genuine > threshold_at(impostors, rate)).mean())
