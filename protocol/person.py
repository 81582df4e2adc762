"""What is said of a person without naming them: sex, age and birth, each with its uncertainty."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.errors import FieldError

MIN_MONTH: Final = 1850 * 12
"""January 1850, in months since the year 0."""
MAX_MONTH: Final = 2200 * 12 + 11


class Sex(StrEnum):
    """As recorded; `unknown` is comparable with both."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """The age that staff record at an intake, in completed years; `unknown` may be any."""

    INFANT = "0-3"
    CHILD = "4-8"
    PRETEEN = "9-12"
    TEEN = "13-17"
    ADULT = "18+"
    UNKNOWN = "unknown"

    @property
    def years(self) -> tuple[int, int]:
        """The band's first and last year of age, both included."""
        if self in {AgeBand.ADULT, AgeBand.UNKNOWN}:
            return (18 if self is AgeBand.ADULT else 0), 120
        low, _, high = self.partition("-")
        return int(low), int(high)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and MIN_MONTH <= self.ordinal <= MAX_MONTH):
            raise FieldError("A month must lie from 1850-01 to 2200-12.")

    @property
    def ordinal(self) -> int:
        """Months since the year 0, so that two months can be subtracted."""
        return self.year * 12 + self.month - 1

    @classmethod
    def from_ordinal(cls, ordinal: int) -> "Month":
        """The month that `ordinal` counts."""
        return cls(ordinal // 12, ordinal % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class BirthBand:
    """Born between two months, both included. A known month of birth is a band of one month."""

    earliest: Month
    latest: Month

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise FieldError("The earliest month of birth must not come after the latest.")

    @classmethod
    def of_ordinals(cls, earliest: int, latest: int) -> "BirthBand":
        """Two months counted from the year 0. Raises FieldError."""
        return cls(Month.from_ordinal(earliest), Month.from_ordinal(latest))
