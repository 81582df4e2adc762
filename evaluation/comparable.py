"""Which entries compete for a search, before any score is looked at: a unit's rule, on what a list says.

A unit compares the band of ages that staff record with an entry's birth band, widened by a tolerance
(edge_agent.watchlist.comparable; a test holds the two together). A list has no dates, only ages in
photographs, so two things are assumed (docs/adr/0061-comparable-without-dates.md):

- an entry's photograph was taken today: its age in years is its birth band;
- a list knows when a missing child was born, so the child's own entry is never ruled out by age, however old its
  photograph. Its sex can rule it out, where the two lists contradict each other: then it counts as a miss.

What is not known rules out nothing.
"""

import numpy as np

from evaluation.samples import BoolArray, FloatArray, IntArray, band_of
from protocol.person import Sex

__all__ = ["SEX_CODES", "comparable_in_age", "comparable_in_sex"]

SEX_CODES = {Sex.UNKNOWN: 0, Sex.FEMALE: 1, Sex.MALE: 2}


def comparable_in_sex(probes: IntArray, entries: IntArray) -> BoolArray:
    """(n, m) whether the sexes (n,) and (m,), as SEX_CODES, do not contradict each other."""
    one, other = probes[:, None], entries[None]
    fits: BoolArray = (one == other) | (one == 0) | (other == 0)
    return fits


def comparable_in_age(probes: FloatArray, entries: FloatArray) -> BoolArray:
    """(n, m) whether entries of these ages (m,) may be whom staff would record in the bands of the probes' ages (n,).

    Ages are in years and not a number where they are not known.
    """
    bands = [band_of(age) for age in probes]
    low = np.array([band.years[0] if band else np.nan for band in bands]) * 12
    high = np.array([band.years[1] + 1 if band else np.nan for band in bands]) * 12
    # An age of a completed years is a birth band of the 12 months from 12 a to 12 a + 12 months ago.
    youngest = np.floor(entries) * 12
    oldest = youngest + 12
    slack = 12 + (youngest + 6) // 6 + 12 // 4
    outside = (youngest - slack)[None] > high[:, None]
    outside |= (oldest + slack)[None] < low[:, None]
    fits: BoolArray = ~outside
    return fits
