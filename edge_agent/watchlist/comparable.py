"""Which entries may compete for an intake, before any score is looked at.

Sex must not contradict; `unknown` on either side contradicts nothing.

Age: staff record a band; an entry has a band of months of birth, carried to the day of the intake. The two
must overlap after the entry's band is widened on both sides by a tolerance, in months:

    tolerance = 12 + age / 6 + width / 4

age    the entry's age today, from the middle of its birth band: people guess a baby's age within a year,
       but are two to four years off with a teenager whose papers are missing or false
width  of the entry's birth band: who registered a child as "born in 2014 or 2015" was guessing too

So 12 months for a newborn, 24 at six years, 32 at ten, 48 for someone of eighteen. Too wide costs a reviewer
some seconds; too narrow loses a child. docs/adr/0052-comparable-entries.md has the reasons.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.person import AgeBand, Month, Sex

SEX_CODES: Final = {Sex.UNKNOWN: 0, Sex.FEMALE: 1, Sex.MALE: 2}

_BASE_MONTHS: Final = 12
_AGE_SHARE: Final = 6
_WIDTH_SHARE: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What comparability depends on, one row per entry or template; each array is (n,) integers."""

    sexes: NDArray[np.int8]  # SEX_CODES
    born_from: NDArray[np.int32]  # months since the year 0, as protocol.person.Month.ordinal
    born_to: NDArray[np.int32]
    expires: NDArray[np.int32]  # the last day of use, as date.toordinal


def tolerance_months(born_from: NDArray[np.int32], born_to: NDArray[np.int32], this_month: int) -> NDArray[np.int32]:
    """(n,) months by which each birth band is widened on both sides."""
    age = np.maximum(this_month - (born_from + born_to) // 2, 0)
    months: NDArray[np.int32] = _BASE_MONTHS + age // _AGE_SHARE + (born_to - born_from) // _WIDTH_SHARE
    return months


def comparable(entries: Attributes, *, sex: Sex, age_band: AgeBand, today: date) -> NDArray[np.bool_]:
    """(n,) whether each entry may be compared with an intake of this sex and age on this day (UTC)."""
    this_month = Month(today.year, today.month).ordinal
    low, high = age_band.years
    # Someone of `high` completed years may turn `high` + 1 later this month, hence the whole month.
    earliest, latest = this_month - 12 * (high + 1), this_month - 12 * low
    slack = tolerance_months(entries.born_from, entries.born_to, this_month)
    age_fits = (entries.born_to + slack >= earliest) & (entries.born_from - slack <= latest)
    fits: NDArray[np.bool_] = age_fits & _sex_fits(entries.sexes, sex) & (entries.expires >= today.toordinal())
    return fits


def _sex_fits(sexes: NDArray[np.int8], sex: Sex) -> NDArray[np.bool_]:
    if sex is Sex.UNKNOWN:
        return np.ones(sexes.shape, np.bool_)
    return np.isin(sexes, [SEX_CODES[sex], SEX_CODES[Sex.UNKNOWN]])
