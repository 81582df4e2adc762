"""Measure an open-set identification: search everybody, with every scorer, and publish the rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.acquire import Templates
from evaluation.enrolment import Enrolment, enrol, sex_codes
from evaluation.lists import Photo, PhotoList, same_photographs
from evaluation.measure import Measured, Resampling, Searches, difference, group_rates, measure
from evaluation.published import publish
from evaluation.record import Breakdown, Group, IdentifyRecord, ListName
from evaluation.samples import IntArray
from evaluation.scoring import Scorer, Scorers
from evaluation.search import Outcomes, Side, search_all
from models.pack import Pack

__all__ = ["Identification", "Trial", "identify"]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Who is searched for among whom, with the templates of all their photographs."""

    gallery: PhotoList
    probes: PhotoList
    templates: Templates


@dataclass(frozen=True, slots=True, eq=False)
class Identification:
    """The figures, and the searches they were made of, for a report's plots."""

    record: IdentifyRecord
    raw: Searches
    normalised: Searches | None


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    searches: Searches
    measured: Measured


@dataclass(frozen=True, slots=True, eq=False)
class _Results:
    enrolment: Enrolment
    raw: _Result
    normalised: _Result | None


def identify(
    pack: Pack,
    trial: Trial,
    scorers: Scorers,
    resampling: Resampling,
    advance: Callable[[int], None] = lambda _: None,
) -> Identification:
    """Search all probes in the gallery with every scorer. `advance` counts searches as `search_all` does."""
    enrolment = enrol(trial.gallery.photos, trial.probes.photos)

    def result(scorer: Scorer) -> _Result:
        outcomes = _search(scorer, trial, enrolment, advance)
        searches = Searches(outcomes, enrolment.people, enrolment.mated)
        return _Result(searches, measure(searches, resampling))

    raw = result(scorers.raw)
    normalised = result(scorers.normalised) if scorers.normalised else None
    record = _record(pack, trial, scorers, resampling, _Results(enrolment, raw, normalised))
    return Identification(record, raw.searches, normalised.searches if normalised else None)


def _record(pack: Pack, trial: Trial, scorers: Scorers, resampling: Resampling, results: _Results) -> IdentifyRecord:
    gallery, probes = trial.gallery, trial.probes
    enrolment, raw, normalised = results.enrolment, results.raw, results.normalised
    compared = raw.searches.outcomes.comparable[trial.templates.usable(probes.photos)]
    failures = _failures(trial, enrolment)
    mated = int(enrolment.mated.sum())
    groups = {name: _breakdown(labels, raw, normalised, resampling) for name, labels in enrolment.labels.items()}
    return IdentifyRecord(
        kind="identify",
        pack=pack.digest,
        pack_name=pack.manifest.name,
        calibration=scorers.calibration,
        lists={"gallery": ListName(gallery.name, gallery.digest), "probes": ListName(probes.name, probes.digest)},
        gallery=enrolment.entries,
        gallery_photos=len(gallery.photos),
        mated=mated,
        nonmated=len(probes.photos) - mated,
        failures_to_acquire=sum(failures.values()),
        failures=failures,
        identical_photographs=same_photographs(gallery.photos, probes.photos),
        comparable_entries=float(compared.mean()) if len(compared) else None,
        bootstrap=resampling.draws,
        seed=resampling.seed,
        raw=raw.measured.rates,
        normalised=normalised.measured.rates if normalised else None,
        difference=difference(raw.measured, normalised.measured) if normalised else None,
        published=(
            publish(normalised.searches, enrolment.labels["bands"], scorers.calibrated, resampling)
            if normalised and scorers.calibrated
            else {}
        ),
        bands=groups["bands"],
        age_gaps=groups["age_gaps"],
        sexes=groups["sexes"],
        groups=groups["groups"],
    )


def _failures(trial: Trial, enrolment: Enrolment) -> dict[str, int]:
    """Photographs without a usable face, by what they would have been for."""
    gallery, probes = trial.gallery.photos, trial.probes.photos
    usable = trial.templates.usable(probes)
    lost = int(enrolment.mated.sum()) - int(enrolment.mated[usable].sum())
    return {
        "gallery": len(gallery) - len(trial.templates.usable(gallery)),
        "mated": lost,
        "nonmated": len(probes) - len(usable) - lost,
    }


def _search(scorer: Scorer, trial: Trial, enrolment: Enrolment, advance: Callable[[int], None]) -> Outcomes:
    def side(photos: Sequence[Photo], entries: IntArray) -> tuple[IntArray, Side]:
        usable = trial.templates.usable(photos)
        return usable, Side(trial.templates.samples(photos), sex_codes(photos)[usable], entries[usable])

    _, enrolled = side(trial.gallery.photos, enrolment.gallery)
    places, searched = side(trial.probes.photos, enrolment.probes)
    outcomes = Outcomes.nothing_found(len(trial.probes.photos))
    outcomes.put(places, search_all(scorer, searched, enrolled, advance))
    return outcomes


def _breakdown(labels: tuple[str, ...], raw: _Result, normalised: _Result | None, resampling: Resampling) -> Breakdown:
    """By group of people; those of whom it is not known are in none."""
    label = np.array(labels)

    def group(name: str) -> Group:
        chosen = label == name
        mated = int(raw.searches.mated[chosen].sum())
        raw_rates, *normalised_rates = (
            group_rates(result.searches.among(chosen), result.measured.thresholds, resampling)
            for result in (raw, normalised)
            if result is not None
        )
        return Group(mated, int(chosen.sum()) - mated, raw_rates, normalised_rates[0] if normalised_rates else None)

    return {name: group(name) for name in sorted(set(labels) - {""}, key=_order)}


def _order(name: str) -> tuple[int, str]:
    """Ages by their number, 0-3 before 13-17; words by the alphabet."""
    number = name.partition("-")[0].rstrip("+")
    return (int(number), "") if number.isdigit() else (0, name)
