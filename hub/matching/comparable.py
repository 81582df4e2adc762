"""Which cases of the other register may compete for a case, before any score is looked at.

The rule is that of protocol.comparable, which units use, but for one thing: both bands of birth are widened by their
tolerance, because both were guessed, the found child's by a shelter and the missing child's by a family.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.comparable import SEX_CODES, sexes_agree, tolerance_months
from protocol.person import BirthBand, Sex


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What comparability depends on, one row per photograph; each array is (n,) integers."""

    sexes: NDArray[np.int8]  # SEX_CODES
    born_from: NDArray[np.int32]  # months since the year 0
    born_to: NDArray[np.int32]


def comparable(gallery: Attributes, *, sex: Sex, birth: BirthBand, this_month: int) -> NDArray[np.bool_]:
    """(n,) whether each photograph's case may be compared with one of this sex and birth."""
    low, high = np.array([birth.earliest.ordinal], np.int32), np.array([birth.latest.ordinal], np.int32)
    slack = tolerance_months(gallery.born_from, gallery.born_to, this_month) + tolerance_months(low, high, this_month)
    fits: NDArray[np.bool_] = (gallery.born_to + slack >= low) & (gallery.born_from - slack <= high)
    return fits & sexes_agree(gallery.sexes, np.array(SEX_CODES[sex]))
