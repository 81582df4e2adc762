"""Photographs as a measurement sees them: templates, with what is known of the persons beside them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from protocol.person import AgeBand

__all__ = ["BoolArray", "FloatArray", "IntArray", "Samples", "band_of"]

FloatArray: TypeAlias = NDArray[np.floating]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The n photographs of a list that have a usable face, in the list's order."""

    vectors: NDArray[np.float32]  # (n, d), unit length
    ages: FloatArray  # (n,) age in the photograph, in years; not a number where it is not known

    def __len__(self) -> int:
        return len(self.vectors)

    def rows(self, chosen: slice | IntArray) -> "Samples":
        """Some of them."""
        return Samples(self.vectors[chosen], self.ages[chosen])


def band_of(age: float) -> AgeBand | None:
    """The band staff would record for this age in years; None where it is not a number."""
    return next((band for band in AgeBand if band.years[0] <= age < band.years[1] + 1), None)
