"""Age bands: the groups within which children are told apart about equally well."""

from enum import Enum

__all__ = ["CHILD_BANDS", "Band", "band_of"]


class Band(Enum):
    """A span of ages in completed years. The value is how it is written in files and messages."""

    INFANT = "0-3"
    YOUNG = "4-8"
    MIDDLE = "9-12"
    TEEN = "13-17"
    ADULT = "18+"


CHILD_BANDS = (Band.INFANT, Band.YOUNG, Band.MIDDLE, Band.TEEN)

_FIRST_AGES = {Band.ADULT: 18, Band.TEEN: 13, Band.MIDDLE: 9, Band.YOUNG: 4, Band.INFANT: 0}


def band_of(age: float) -> Band:
    """The band of an age in years. Raises ValueError for a negative age."""
    for band, first in _FIRST_AGES.items():
        if age >= first:
            return band
    raise ValueError(f"an age is not negative: {age}")
