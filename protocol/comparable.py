"""Which people may be compared at all, before any score is looked at: one rule for units, hubs and evaluations.

Sex must not contradict; `unknown` on either side contradicts nothing.

Age: staff record a band; an entry has a band of months of birth, carried to today. The two must overlap after the
entry's band is widened on both sides by a tolerance, in months:

    tolerance = 12 + age / 6 + width / 4

age    today, from the middle of the birth band: people guess a baby's age within a year, but are two to four years
       off with a teenager whose papers are missing or false
width  of the birth band: who registered a child as "born in 2014 or 2015" was guessing too

So 12 months for a newborn, 24 at six years, 32 at ten, 48 for someone of eighteen. Too wide costs a reviewer some
seconds; too narrow loses a child. docs/adr/0052-comparable-entries.md has the reasons.

All arrays are of integers and broadcast with each other; months are counted as protocol.person.Month.ordinal does, or
from any other month that all are counted from.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.person import AgeBand, Sex

__all__ = ["SEX_CODES", "ages_agree", "births_of", "sexes_agree", "tolerance_months"]

SEX_CODES: Final = {Sex.UNKNOWN: 0, Sex.FEMALE: 1, Sex.MALE: 2}
"""Sexes as numbers, for arrays of them."""

_BASE_MONTHS: Final = 12
_AGE_SHARE: Final = 6
_WIDTH_SHARE: Final = 4

Months = NDArray[np.signedinteger]


def sexes_agree(one: Months, other: Months) -> NDArray[np.bool_]:
    """Whether sexes, as SEX_CODES, do not contradict each other."""
    unknown = SEX_CODES[Sex.UNKNOWN]
    agree: NDArray[np.bool_] = (one == other) | (one == unknown) | (other == unknown)
    return agree


def births_of(band: AgeBand, this_month: int) -> tuple[int, int]:
    """The first and the last month in which somebody who is of this band's age in this month may be born."""
    low, high = band.years
    # Someone of `high` completed years may turn `high` + 1 later this month, hence the whole month.
    return this_month - 12 * (high + 1), this_month - 12 * low


def ages_agree(
    born_from: Months, born_to: Months, recorded: tuple[Months | int, Months | int], this_month: int
) -> NDArray[np.bool_]:
    """Whether entries born between two months may be whom staff recorded with these `births_of` a band."""
    slack = tolerance_months(born_from, born_to, this_month)
    earliest, latest = recorded
    agree: NDArray[np.bool_] = (born_to + slack >= earliest) & (born_from - slack <= latest)
    return agree


def tolerance_months(born_from: Months, born_to: Months, this_month: int) -> Months:
    """The months by which each birth band is widened on both sides."""
    age = np.maximum(this_month - (born_from + born_to) // 2, 0)
    months: Months = _BASE_MONTHS + age // _AGE_SHARE + (born_to - born_from) // _WIDTH_SHARE
    return months
