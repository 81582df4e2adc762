"""Which entries may compete for an intake: protocol.comparable's rule, on the day of the intake."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from protocol.comparable import SEX_CODES, ages_agree, births_of, sexes_agree
from protocol.person import AgeBand, Month, Sex


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """What comparability depends on, one row per entry or template; each array is (n,) integers."""

    sexes: NDArray[np.int8]  # SEX_CODES
    born_from: NDArray[np.int32]  # months since the year 0, as protocol.person.Month.ordinal
    born_to: NDArray[np.int32]
    expires: NDArray[np.int32]  # the last day of use, as date.toordinal


def comparable(entries: Attributes, *, sex: Sex, age_band: AgeBand, today: date) -> NDArray[np.bool_]:
    """(n,) whether each entry may be compared with an intake of this sex and age on this day (UTC)."""
    this_month = Month(today.year, today.month).ordinal
    recorded = births_of(age_band, this_month)
    fits: NDArray[np.bool_] = (
        ages_agree(entries.born_from, entries.born_to, recorded, this_month)
        & sexes_agree(entries.sexes, np.array(SEX_CODES[sex]))
        & (entries.expires >= today.toordinal())
    )
    return fits
