"""The lists that development is measured on, made from public collections so that anyone can repeat it. Pure.

Nothing depends on names, folders or their order: photographs are taken in the order of a digest of their bytes and
of the list's name, so that the same collection gives the same lists everywhere.

mixed      Adults and children together, nothing filtered. Gallery: one photograph of each adult who has several, and
           half of the children. Mated probes: another photograph of those adults. Non-mated: the other children.
adults     Gallery: one photograph of each adult who has several. Mated probes: another one. Non-mated: one photograph
           of each of the other adults.
band-B     For each age band B, age and sex known. Gallery: half of the people of this band; non-mated probes: the
           other half. Nobody is on the list, so it shows how high people score who are not.

Collections hold the same photograph twice, cropped or compressed differently, and under two names. Of photographs
whose templates have a cosine above NEAR_DUPLICATE all but one are dropped, before anything else. Collections of
nameless people hold several photographs of one child too, who then counts as two people who look alike. Where such
pairs are what is counted, in the band lists, the bound is SAME_CHILD, as the collection's own description has it;
more of them remain (docs/evaluation.md).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluation.samples import band_of
from protocol.person import AgeBand, Sex

__all__ = ["NEAR_DUPLICATE", "SAME_CHILD", "Candidate", "DevList", "Row", "development_lists", "distinct"]

NEAR_DUPLICATE = 0.95
SAME_CHILD = 0.9

# Rows of a matrix of similarities at once.
_ROWS = 512

Row: TypeAlias = tuple[str, str, str, str, str]
"""path, person, age, sex, group."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A photograph of a collection. `person` is empty where the collection names nobody."""

    path: str  # relative to the folder of the collections
    digest: str
    person: str
    age: float | None
    sex: Sex
    group: str
    vector: NDArray[np.float32] | None  # None: no usable face; such a photograph stays, and counts as a failure


@dataclass(frozen=True, slots=True)
class DevList:
    """A pair of lists: rows of path,person,age,sex,group."""

    name: str
    gallery: tuple[Row, ...]
    probes: tuple[Row, ...]


def distinct(candidates: Iterable[Candidate], above: float = NEAR_DUPLICATE) -> list[Candidate]:
    """Drop near-duplicates: of each pair whose templates have a cosine above that the later one, in an order that
    only contents decide, unless its twin was dropped before."""
    ordered = _by_content("duplicates", candidates)
    faces = [place for place, candidate in enumerate(ordered) if candidate.vector is not None]
    vectors = np.array([ordered[place].vector for place in faces])
    dropped: set[int] = set()
    for start in range(0, len(faces), _ROWS):
        close = vectors[start : start + _ROWS] @ vectors[start:].T > above
        for row, column in np.argwhere(np.triu(close, 1)):
            if start + row not in dropped:
                dropped.add(start + int(column))
    gone = {faces[place] for place in dropped}
    return [candidate for place, candidate in enumerate(ordered) if place not in gone]


def development_lists(adults: Sequence[Candidate], nameless: Sequence[Candidate]) -> list[DevList]:
    """All lists, from distinct photographs of named adults, and of nameless people whose age and sex are known."""
    by_person: dict[str, list[Candidate]] = {}
    for candidate in _by_content("persons", adults):
        by_person.setdefault(candidate.person, []).append(candidate)
    several = [photos for photos in by_person.values() if len(photos) > 1]
    single = [photos[0] for photos in by_person.values() if len(photos) == 1]
    enrolled = [photos[0] for photos in several]
    searched = [photos[1] for photos in several]
    minors = [person for person in nameless if person.age is not None and person.age < AgeBand.ADULT.years[0]]
    on_list, off_list = _halves("mixed", minors)
    banded: dict[AgeBand, list[Candidate]] = {band: [] for band in AgeBand if band is not AgeBand.UNKNOWN}
    for person in distinct(nameless, SAME_CHILD):
        band = None if person.age is None or person.sex is Sex.UNKNOWN else band_of(person.age)
        if band is not None:
            banded[band].append(person)
    return [
        DevList("mixed", _unfiltered(enrolled + on_list), _unfiltered(searched + off_list)),
        DevList("adults", _unfiltered(enrolled), _unfiltered(searched + single)),
        *(_within(band, people) for band, people in banded.items() if len(people) > 1),
    ]


def _within(band: AgeBand, people: list[Candidate]) -> DevList:
    name = f"band-{band}"
    on_list, off_list = _halves(name, people)
    return DevList(name, tuple(map(_row, on_list)), tuple(map(_row, off_list)))


def _halves(name: str, candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    ordered = _by_content(name, candidates)
    middle = len(ordered) // 2
    return ordered[:middle], ordered[middle:]


def _by_content(name: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """In an order that only the bytes of the photographs decide, and another one for each name."""
    return sorted(candidates, key=lambda one: hashlib.sha256(f"{name}:{one.digest}".encode()).digest())


def _row(candidate: Candidate) -> Row:
    age = "" if candidate.age is None else f"{candidate.age:g}"
    sex = "" if candidate.sex is Sex.UNKNOWN else str(candidate.sex)
    return candidate.path, candidate.person, age, sex, candidate.group


def _unfiltered(candidates: Iterable[Candidate]) -> tuple[Row, ...]:
    """Rows without age and sex, so that nothing is filtered by them."""
    return tuple((candidate.path, candidate.person, "", "", candidate.group) for candidate in candidates)
