"""Which cases of the other register may compete for a case, before any score is looked at.

Sex must not contradict; `unknown` on either side contradicts nothing. The two bands of birth must overlap after each
is widened by the tolerance that units use (docs/adr/0052-comparable-entries.md), in months:

    tolerance = 12 + age / 6 + width / 4

age    today, from the middle of the band
width  of the band: who registered a child as "born in 2014 or 2015" was guessing too

Both were guessed here, the found child's by a shelter and the missing child's by a family, so both are widened.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.person import BirthBand, Sex

SEX_CODES: Final = {Sex.UNKNOWN: 0, Sex.FEMALE: 1, Sex.MALE: 2}

_BASE_MONTHS: Final = 12
_AGE_SHARE: Final = 6
_WIDTH_SHARE: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What comparability depends on, one row per photograph; each array is (n,) integers."""

    sexes: NDArray[np.int8]  # SEX_CODES
    born_from: NDArray[np.int32]  # months since the year 0
    born_to: NDArray[np.int32]


def comparable(gallery: Attributes, *, sex: Sex, birth: BirthBand, this_month: int) -> NDArray[np.bool_]:
    """(n,) whether each photograph's case may be compared with one of this sex and birth."""
    low, high = np.array([birth.earliest.ordinal], np.int32), np.array([birth.latest.ordinal], np.int32)
    slack = _tolerance(gallery.born_from, gallery.born_to, this_month) + _tolerance(low, high, this_month)
    fits: NDArray[np.bool_] = (gallery.born_to + slack >= low) & (gallery.born_from - slack <= high)
    if sex is Sex.UNKNOWN:
        return fits
    return fits & np.isin(gallery.sexes, [SEX_CODES[sex], SEX_CODES[Sex.UNKNOWN]])


def _tolerance(born_from: NDArray[np.int32], born_to: NDArray[np.int32], this_month: int) -> NDArray[np.int32]:
    age = np.maximum(this_month - (born_from + born_to) // 2, 0)
    months: NDArray[np.int32] = _BASE_MONTHS + age // _AGE_SHARE + (born_to - born_from) // _WIDTH_SHARE
    return months
