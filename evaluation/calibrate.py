"""Fit a pack's population and its bands' curves on photographs of different people. Pure.

Scores of the people a population was fitted on are a little too low: it knows exactly where they are. So
the curves are made of scores in which nobody is normalised by a population that knows him (cross-fitting).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from evaluation.devlists import Candidate
from evaluation.errors import ListRejectedError
from evaluation.population import fit_population
from evaluation.tails import Impostors, fit_curves
from models.bands import CHILD_BANDS, Band, band_of
from models.calibration import CalibrationFile, Source
from models.normalise import Population, Rows, write_population
from models.pack import Pack

__all__ = ["Fitted", "People", "calibrate", "cross_fitted", "people_of"]

_FOLDS = 5
_SEED = 2026
# Collections of nameless people hold some twice. Pairs above this cosine are taken for one person; those of
# the pairs below it that are one person too make the curves a little too cautious.
_SAME_PERSON = 0.9
_FEWEST = 20  # People of a band below which it gets no curve, and of which none can do without for a fit.


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """n different people, one template each: templates (n, d), bands and sexes (n,), "" for unknown."""

    templates: Rows
    bands: NDArray[np.str_]
    sexes: NDArray[np.str_]

    def among(self, chosen: NDArray[np.bool_]) -> "People":
        return People(self.templates[chosen], self.bands[chosen], self.sexes[chosen])

    def of(self, band: Band) -> Rows:
        chosen: Rows = self.templates[self.bands == band.value]
        return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A calibration, and the population file it names."""

    content: CalibrationFile
    population: bytes


def people_of(candidates: Sequence[Candidate]) -> People:
    """One template of each person with a usable face; named people without an age are adults."""
    seen: set[str] = set()
    chosen: list[tuple[Rows, str, str]] = []
    for one in candidates:
        if one.vector is None or one.person in seen or (one.age is None and not one.person):
            continue
        if one.person:
            seen.add(one.person)
        band = Band.ADULT if one.age is None else band_of(one.age)
        chosen.append((one.vector, band.value, str(one.sex)))
    if not chosen:
        raise ListRejectedError("There is nobody in these collections whose age is known.")
    templates, bands, sexes = zip(*chosen, strict=True)
    return People(np.stack(templates), np.array(bands), np.array(sexes))


def calibrate(pack: Pack, people: People, sources: Sequence[Source], today: date) -> Fitted:
    """Fit everything a pack needs to make its scores mean something.

    Raises ListRejectedError where a child's band has too few people.
    """
    data = write_population(_population(people))
    random = np.random.default_rng(_SEED)
    entries, probes = cross_fitted(people, random)
    impostors = {band: found for band in Band if (found := _impostors(people, entries, probes, band)) is not None}
    curves = fit_curves(impostors, random)
    content = CalibrationFile(
        format=2,
        pack_digest=pack.digest,
        date=today.isoformat(),
        sources=tuple(sources),
        population_sha256=hashlib.sha256(data).hexdigest(),
        bands={band.value: curve for band, curve in curves.items()},
    )
    return Fitted(content, data)


def cross_fitted(people: People, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Gallery and probe rows (n, d + 2) of all, each made by a population fitted without that person."""
    fold = random.permutation(len(people.templates)) % _FOLDS
    n, d = people.templates.shape
    entries, probes = np.empty((n, d + 2), np.float32), np.empty((n, d + 2), np.float32)
    for held in range(_FOLDS):
        population = _population(people.among(fold != held))
        entries[fold == held] = population.entries(people.templates[fold == held])
        probes[fold == held] = population.probes(people.templates[fold == held])
    return entries, probes


def _population(people: People) -> Population:
    children = [people.of(band) for band in CHILD_BANDS]
    for band, templates in zip(CHILD_BANDS, children, strict=True):
        if len(templates) < _FEWEST:
            raise ListRejectedError(f"At least {_FEWEST} people aged {band.value} are needed, not {len(templates)}.")
    return fit_population(children, people.of(Band.ADULT))


def _impostors(people: People, entries: Rows, probes: Rows, band: Band) -> Impostors | None:
    """Scores of all pairs of one band and sex: those who compete when both are known."""
    known = (people.bands == band.value) & np.isin(people.sexes, ("female", "male"))
    places = np.flatnonzero(known)
    if len(places) < _FEWEST:
        return None
    scores = entries[places] @ probes[places].T
    a, b = np.triu_indices(len(places), 1)
    cosines = people.templates[places] @ people.templates[places].T
    alike = (people.sexes[places][a] == people.sexes[places][b]) & (cosines[a, b] <= _SAME_PERSON)
    return Impostors(scores[a[alike], b[alike]].astype(np.float64), a[alike], b[alike], len(places))
