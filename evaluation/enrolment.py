"""Who is searched for among whom: persons of two lists as numbers, and the groups they are counted in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.lists import Photo
from evaluation.samples import BoolArray, IntArray, band_of
from evaluation.search import NO_MATE
from protocol.comparable import SEX_CODES
from protocol.person import Sex

__all__ = ["Enrolment", "enrol", "sex_codes"]

# Years between the two photographs of a person, both ends included.
_GAPS = ((0, 1), (2, 4), (5, 9), (10, 19), (20, 120))


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """Of n probes and m gallery photographs, usable or not."""

    gallery: IntArray  # (m,) number of the person's entry; a person without a name is an entry alone
    probes: IntArray  # (n,) number of the entry searched for, or NO_MATE
    people: IntArray  # (n,) number of the probe's person; a person without a name is a person alone
    labels: dict[str, tuple[str, ...]]  # by breakdown, the group of each probe; "" where it is not known

    @property
    def entries(self) -> int:
        """N, the number of people enrolled."""
        return len(set(self.gallery.tolist()))

    @property
    def mated(self) -> BoolArray:
        """(n,) which searches are for someone who is enrolled."""
        mated: BoolArray = self.probes != NO_MATE
        return mated


def enrol(gallery: Sequence[Photo], probes: Sequence[Photo]) -> Enrolment:
    """Number the people of both lists. A probe has a mate where the gallery holds a photograph of its person."""
    numbers = _numbers([photo.person for photo in gallery])
    entries = {photo.person: number for photo, number in zip(gallery, numbers, strict=True) if photo.person}
    ages: dict[str, list[float]] = {}
    for photo in gallery:
        if photo.person and photo.age is not None:
            ages.setdefault(photo.person, []).append(photo.age)
    labels = {
        "bands": tuple(_band(photo) for photo in probes),
        "age_gaps": tuple(_gap(photo, ages.get(photo.person, [])) for photo in probes),
        "sexes": tuple("" if photo.sex is Sex.UNKNOWN else str(photo.sex) for photo in probes),
        "groups": tuple(photo.group for photo in probes),
    }
    mates = [entries.get(photo.person, NO_MATE) if photo.person else NO_MATE for photo in probes]
    people = _numbers([photo.person for photo in probes])
    return Enrolment(np.array(numbers, np.int64), np.array(mates, np.int64), np.array(people, np.int64), labels)


def sex_codes(photos: Sequence[Photo]) -> IntArray:
    """(n,) the sexes as protocol.comparable compares them."""
    return np.array([SEX_CODES[photo.sex] for photo in photos], np.int64)


def _numbers(persons: list[str]) -> list[int]:
    known: dict[str, int] = {}
    return [known.setdefault(person, place) if person else place for place, person in enumerate(persons)]


def _band(photo: Photo) -> str:
    band = None if photo.age is None else band_of(photo.age)
    return "" if band is None else str(band)


def _gap(probe: Photo, ages: list[float]) -> str:
    """The years to the nearest photograph of the same person in the gallery, as a class."""
    if probe.age is None or not ages:
        return ""
    years = int(min(abs(probe.age - age) for age in ages))
    low, high = next((low, high) for low, high in _GAPS if low <= years <= high)
    return f"{low}+" if high == _GAPS[-1][1] else f"{low}-{high}"
