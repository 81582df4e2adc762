"""Figures of an identification against a count by hand, person by person."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.identify import Identification, Trial, identify
from evaluation.lists import Photo
from evaluation.measure import FPIRS, Resampling
from evaluation.samples import FloatArray, Samples
from evaluation.scoring import RawCosine, Scorers, Search
from models.pack import Pack
from protocol.person import Sex
from tests.evaluation.people import faces, listed, photo, templates

QUICK = Resampling(draws=200, seed=3)


class Doubled:
    """A scorer that orders everything as the cosine does: no rate may change."""

    def against(self, gallery: Samples) -> Search:
        search = RawCosine().against(gallery)
        return lambda probes: 2 * search(probes) + 1

    def pairs(self, a: Samples, b: Samples) -> FloatArray:
        return 2 * RawCosine().pairs(a, b) + 1


def _crowd(people: int, strangers: int) -> tuple[list[Photo], list[Photo], list[FloatArray]]:
    """Everybody has one photograph enrolled and one, a little different, searched for; strangers only the latter."""
    base = faces(people + strangers)
    noise = faces(people + strangers, seed=1)
    gallery = [photo(number, f"person {number}", age=6, sex=Sex.FEMALE) for number in range(people)]
    probes = [photo(1000 + number, f"person {number}", age=6 + number % 9) for number in range(people)]
    probes += [photo(2000 + number, age=5, group="north") for number in range(strangers)]
    vectors = base[:people] + [one + 0.4 * other for one, other in zip(base, noise, strict=True)]
    return gallery, probes, vectors


def _measured(
    pack: Pack, gallery: list[Photo], probes: list[Photo], vectors: list[FloatArray | None]
) -> Identification:
    made = templates([*gallery, *probes], vectors)
    return identify(pack, Trial(listed(gallery), listed(probes), made), Scorers(RawCosine()), QUICK)


def test_figures_are_what_counting_every_search_gives(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(40, 30)
    record = _measured(pack, gallery, probes, list(vectors)).record
    unit = [vector / np.linalg.norm(vector) for vector in vectors]
    scores = np.array(unit[40:]) @ np.array(unit[:40]).T
    mate = scores[np.arange(40), np.arange(40)]
    best = np.sort(scores[40:].max(axis=1))[::-1]
    for rate in FPIRS:
        threshold = best[int(rate * 30 + 1e-9)]
        assert record.raw.fnir_at_fpir[f"{rate:g}"].value == pytest.approx((mate <= threshold).mean())
    ranks = (scores[:40] >= mate[:, None]).sum(axis=1)
    assert record.raw.rank == {str(k): pytest.approx((ranks <= k).mean()) for k in (1, 10, 50)}
    assert (record.gallery, record.mated, record.nonmated, record.failures_to_acquire) == (40, 40, 30, 0)


def test_person_whose_photograph_is_unusable_on_either_side_is_missed(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(40, 30)
    whole = _measured(pack, gallery, probes, list(vectors)).record
    lost: list[FloatArray | None] = list(vectors)
    found = int(np.argmax([vectors[i] @ vectors[40 + i] for i in range(40)]))
    lost[found] = None  # enrolled
    lost[40 + (found + 1) % 40] = None  # searched for
    lost[80] = None  # a stranger
    record = _measured(pack, gallery, probes, lost).record
    assert record.failures == {"gallery": 1, "mated": 1, "nonmated": 1}
    assert record.failures_to_acquire == 3
    assert (record.gallery, record.mated, record.nonmated) == (40, 40, 30)
    assert record.raw.rank["50"] == pytest.approx((whole.raw.rank["50"] or 0) - 2 / 40)


def test_person_without_a_name_is_nobodys_mate(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(3, 2)
    nameless = [replace(one, person="") for one in gallery]
    record = _measured(pack, nameless, probes, list(vectors)).record
    assert (record.gallery, record.mated, record.nonmated) == (3, 0, 5)
    assert record.raw.fnir_at_fpir["0.1"].value is None
    assert record.raw.rank == {"1": None, "10": None, "50": None}


def test_named_person_who_is_not_enrolled_is_searched_without_a_mate(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(3, 2)
    record = _measured(pack, gallery[:2], probes, list(vectors[:2] + vectors[3:])).record
    assert (record.gallery, record.mated, record.nonmated) == (2, 2, 3)


def test_list_where_everybody_has_a_mate_has_ranks_and_no_rate(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(5, 0)
    record = _measured(pack, gallery, probes, list(vectors)).record
    assert record.raw.fnir_at_fpir["0.1"].value is None
    assert record.raw.rank["50"] == 1.0
    assert record.bands["4-8"].raw.at_common_threshold == {}


def test_several_photographs_of_one_person_are_one_entry(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(2, 1)
    more = [*gallery, photo(77, "person 0", age=7)]
    made = templates([*more, *probes], [*vectors[:2], vectors[0], *vectors[2:]])
    record = identify(pack, Trial(listed(more), listed(probes), made), Scorers(RawCosine()), QUICK).record
    assert (record.gallery, record.gallery_photos) == (2, 3)


def test_group_is_measured_at_everybodys_threshold_and_at_its_own(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(40, 30)
    record = _measured(pack, gallery, probes, list(vectors)).record
    assert set(record.bands) == {"4-8", "9-12", "13-17"}
    assert list(record.bands) == ["4-8", "9-12", "13-17"]
    assert set(record.age_gaps) == {"0-1", "2-4", "5-9"}
    assert set(record.groups) == {"north"}
    assert record.sexes == {}
    assert sum(group.mated for group in record.bands.values()) == 40
    north = record.groups["north"]
    assert (north.mated, north.nonmated) == (0, 30)
    # The strangers are all in the north, so the common threshold gives them the wanted rate.
    assert north.raw.at_common_threshold["0.1"].fpir.value == pytest.approx(0.1)
    assert north.raw.at_common_threshold["0.1"].fnir.value is None
    everyone = record.raw.fnir_at_fpir["0.1"].value
    missed = [(group.mated, group.raw.at_common_threshold["0.1"].fnir.value or 0.0) for group in record.bands.values()]
    assert sum(count * value for count, value in missed) / 40 == pytest.approx(everyone)


def test_scorer_that_orders_alike_changes_no_figure_and_is_no_better(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(40, 30)
    trial = Trial(listed(gallery), listed(probes), templates([*gallery, *probes], list(vectors)))
    record = identify(pack, trial, Scorers(RawCosine(), Doubled()), QUICK).record
    assert record.normalised is not None
    assert record.normalised.rank == record.raw.rank
    for rate, point in record.raw.fnir_at_fpir.items():
        assert record.normalised.fnir_at_fpir[rate].value == point.value
        assert (record.normalised.fnir_at_fpir[rate].low, record.normalised.fnir_at_fpir[rate].high) == (
            point.low,
            point.high,
        )
    assert record.difference is not None
    assert {(one.value, one.low, one.high) for one in record.difference.fnir_at_fpir.values()} == {(0.0, 0.0, 0.0)}


def test_without_normalised_scores_nothing_is_made_up(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(4, 4)
    record = _measured(pack, gallery, probes, list(vectors)).record
    assert record.normalised is None
    assert record.difference is None
    assert all(group.normalised is None for group in record.bands.values())


def test_same_seed_gives_the_same_intervals_and_the_order_of_rows_no_others(pack: Pack) -> None:
    gallery, probes, vectors = _crowd(20, 20)
    one = _measured(pack, gallery, probes, list(vectors)).record
    assert _measured(pack, gallery, probes, list(vectors)).record == one
    turned = _measured(pack, gallery[::-1], probes, list(vectors[:20][::-1] + vectors[20:])).record
    assert turned.raw == one.raw


def test_age_and_sex_rule_out_entries_only_where_both_are_known(pack: Pack) -> None:
    infant = photo(1, "a", age=1, sex=Sex.FEMALE)
    unknown = photo(2, "b")
    same = faces(1) * 4
    grown_boy, nobody_knows = photo(3, "c", age=15, sex=Sex.MALE), photo(4, "d")
    record = _measured(pack, [infant, unknown], [grown_boy, nobody_knows], list(same)).record
    assert record.comparable_entries == pytest.approx(1.5)
