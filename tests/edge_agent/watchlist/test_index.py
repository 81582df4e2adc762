from datetime import date

import numpy as np
import pytest

from edge_agent.watchlist.index import Match, Probe, WatchlistIndex
from models.errors import PackMismatchError
from models.template import Template
from protocol.ids import CaseId
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.watchlist import WatchlistEntry
from tests.edge_agent.lists import entry, photo_id, random_vector

PACK, OTHER_PACK = "aa" * 32, "bb" * 32
D = 8
BORN = BirthBand(Month(2018, 1), Month(2018, 12))
DAY = date(2026, 11, 22)


def vector(angle: float, axis: int = 1) -> bytes:
    """A unit vector whose inner product with `vector(0)` is cos(angle)."""
    values = np.zeros(D, "<f4")
    values[0], values[axis] = np.cos(angle), np.sin(angle)
    return values.tobytes()


def child(number: int, *vectors: bytes, pack: str = PACK, sex: Sex = Sex.FEMALE) -> WatchlistEntry:
    return entry(CaseId(f"bd/c-{number}"), vectors, pack, sex=sex, birth=BORN, expires=date(2027, 1, 1))


def index(*entries: WatchlistEntry) -> WatchlistIndex:
    return WatchlistIndex(entries, pack_digest=PACK, dimension=D)


def probe(*angles: float, pack: str = PACK, sex: Sex = Sex.FEMALE, band: AgeBand = AgeBand.CHILD) -> Probe:
    templates = [Template(np.frombuffer(vector(angle), "<f4"), pack) for angle in angles]
    return Probe(templates, sex, band, DAY)


def cases(matches: list[Match]) -> list[str]:
    return [match.case.removeprefix("bd/c-") for match in matches]


def test_best_photo_of_a_case_names_the_match_and_a_case_comes_once() -> None:
    found = index(child(1, vector(0.9), vector(0.2), vector(0.5)), child(2, vector(0.4))).search(
        probe(0.0), minimum_score=0.5
    )
    assert cases(found) == ["1", "2"]
    assert found[0].photo == photo_id(1)
    assert found[0].score == pytest.approx(np.cos(0.2), abs=1e-5)


def test_score_below_the_minimum_is_no_candidate_and_one_that_equals_it_is() -> None:
    exact = float(np.frombuffer(vector(0.5), "<f4")[0])
    assert cases(index(child(1, vector(0.5))).search(probe(0.0), minimum_score=exact)) == ["1"]
    assert index(child(1, vector(0.5))).search(probe(0.0), minimum_score=exact + 1e-4) == []


def test_twenty_lookalikes_give_ten_candidates_in_order() -> None:
    entries = [child(number, vector(0.01 * number), vector(0.3)) for number in range(20)]
    assert cases(index(*entries).search(probe(0.0), minimum_score=0.5)) == [str(number) for number in range(10)]


def test_many_photos_of_one_case_do_not_crowd_the_others_out() -> None:
    crowd = child(1, *[vector(0.001 * number) for number in range(32)])
    others = [child(number, vector(0.1 * number)) for number in range(2, 6)]
    assert cases(index(crowd, *others).search(probe(0.0), minimum_score=0.5)) == ["1", "2", "3", "4", "5"]


def test_any_capture_of_a_burst_may_match() -> None:
    found = index(child(1, vector(1.5)), child(2, vector(0.1))).search(probe(0.0, 1.5), minimum_score=0.9)
    assert cases(found) == ["1", "2"]


def test_contradicting_sex_and_age_do_not_compete_even_at_full_score() -> None:
    entries = [child(1, vector(0), sex=Sex.MALE), child(2, vector(0.3))]
    assert cases(index(*entries).search(probe(0.0), minimum_score=0.5)) == ["2"]
    assert index(*entries).search(probe(0.0, band=AgeBand.ADULT), minimum_score=0.5) == []


def test_templates_of_another_pack_are_counted_and_never_compared() -> None:
    mixed = index(child(1, vector(0), pack=OTHER_PACK), child(2, vector(0.1)))
    assert mixed.incomparable == 1
    assert mixed.cases_on(DAY) == 2
    assert cases(mixed.search(probe(0.0), minimum_score=0.5)) == ["2"]


def test_probe_of_another_pack_is_refused() -> None:
    with pytest.raises(PackMismatchError):
        index(child(1, vector(0))).search(probe(0.0, pack=OTHER_PACK), minimum_score=0.5)


@pytest.mark.parametrize(
    "damaged", [bytes(4 * D), vector(0) + bytes(4), b"\xff" * 4 * D, np.full(D, 9, "<f4").tobytes()]
)
def test_damaged_template_is_set_aside_and_the_rest_is_searched(damaged: bytes) -> None:
    mixed = index(child(1, damaged, vector(0.1)), child(2, damaged))
    assert mixed.incomparable == 2
    assert cases(mixed.search(probe(0.0), minimum_score=-1.0)) == ["1"]


def test_empty_list_has_no_candidates() -> None:
    assert index().search(probe(0.0), minimum_score=-1.0) == []
    assert index().cases_on(DAY) == 0


def test_expired_entry_neither_counts_nor_matches() -> None:
    old = entry(CaseId("bd/c-1"), [vector(0)], PACK, sex=Sex.FEMALE, birth=BORN, expires=date(2026, 11, 21))
    assert index(old).cases_on(DAY) == 0
    assert index(old).search(probe(0.0), minimum_score=-1.0) == []


def test_search_is_exact_on_a_long_list() -> None:
    source = np.random.default_rng(3)
    entries = [
        entry(CaseId(f"bd/c-{number}"), [random_vector(source)], PACK, sex=Sex.FEMALE, birth=BORN)
        for number in range(3000)
    ]
    wanted = np.frombuffer(random_vector(source), "<f4")
    scores = np.array([np.frombuffer(item.templates[0].vector, "<f4") @ wanted for item in entries])
    found = WatchlistIndex(entries, pack_digest=PACK, dimension=192).search(
        Probe([Template(wanted, PACK)], Sex.UNKNOWN, AgeBand.CHILD, DAY), minimum_score=-1.0
    )
    assert cases(found) == [str(number) for number in np.argsort(-scores)[:10]]
