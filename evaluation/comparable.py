"""Which entries compete for a search: protocol.comparable's rule, on what a list says.

A list has no dates, only ages in photographs, so two things are assumed (docs/adr/0061-comparable-without-dates.md):

- an entry's photograph was taken today: its age in years is its birth band;
- a list knows when a missing child was born, so the child's own entry is never ruled out by age, however old its
  photograph. Its sex can rule it out, where the two lists contradict each other: then it counts as a miss.

What is not known rules out nothing.
"""

import numpy as np

from evaluation.samples import BoolArray, FloatArray, band_of
from protocol.comparable import ages_agree, births_of

__all__ = ["comparable_in_age"]

_TODAY = 0  # Months are counted from today's.


def comparable_in_age(probes: FloatArray, entries: FloatArray) -> BoolArray:
    """(n, m) whether entries of these ages (m,) may be whom staff would record in the bands of the probes' ages (n,).

    Ages are in years and not a number where they are not known.
    """
    bands = [band_of(age) for age in probes]
    known = np.array([band is not None for band in bands], np.bool_)[:, None] & ~np.isnan(entries)[None]
    recorded = np.array([births_of(band, _TODAY) if band else (0, 0) for band in bands], np.int64).reshape(-1, 2, 1)
    # Somebody of a completed years was born in the 12 months that ended 12 a months ago.
    born_to = -12 * np.floor(np.nan_to_num(entries)).astype(np.int64)
    agree = ages_agree(born_to - 12, born_to, (recorded[:, 0], recorded[:, 1]), _TODAY)
    fits: BoolArray = agree | ~known
    return fits
