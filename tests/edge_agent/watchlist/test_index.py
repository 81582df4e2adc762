from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pytest

from edge_agent.watchlist.index import Match, Probe, WatchlistIndex, empty_index
from edge_agent.watchlist.scoring import PROVISIONAL_MINIMUM, CalibratedScoring, CosineScoring, Scoring
from models.bands import Band
from models.calibration import load_calibration
from models.errors import PackMismatchError
from models.pack import default_pack_path, load_pack
from models.scoring import Scorer
from models.template import Template
from protocol.columns import entry_columns
from protocol.ids import CaseId, SliceName
from protocol.person import AgeBand, BirthBand, Month, Sex
from protocol.segment import Segment
from protocol.watchlist import WatchlistEntry
from tests.edge_agent.lists import entry, photo_id, random_vector

DEFAULT = load_pack(default_pack_path())
SCORER = Scorer(DEFAULT, load_calibration(DEFAULT))
DEFAULT_POPULATION = load_calibration(DEFAULT).population
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
    return index_of(entries, CosineScoring(PACK), D)


def index_of(entries: Sequence[WatchlistEntry], scoring: Scoring, dimension: int) -> WatchlistIndex:
    columns = entry_columns(entries, [1] * len(entries))
    return empty_index(scoring, dimension).applied(Segment(SliceName("bd/missing"), 1, True, columns, ()))


def probe(angle: float, pack: str = PACK, sex: Sex = Sex.FEMALE, band: AgeBand = AgeBand.CHILD) -> Probe:
    return Probe(Template(np.frombuffer(vector(angle), "<f4"), pack), sex, band, DAY)


def search(watchlist: WatchlistIndex, wanted: Probe) -> list[Match]:
    return list(watchlist.search(wanted).matches)


def cases(matches: Iterable[Match]) -> list[str]:
    return [match.case.removeprefix("bd/c-") for match in matches]


def test_best_photo_of_a_case_names_the_match_and_a_case_comes_once() -> None:
    found = search(index(child(1, vector(0.9), vector(0.2), vector(0.5)), child(2, vector(0.4))), probe(0.0))
    assert cases(found) == ["1", "2"]
    assert found[0].photo == photo_id(1)
    assert found[0].score == pytest.approx(np.cos(0.2), abs=1e-5)
    assert found[0].raw == pytest.approx(np.cos(0.2), abs=1e-3)
    assert found[0].chance is None


def test_score_below_the_minimum_is_no_candidate_and_one_that_equals_it_is() -> None:
    assert PROVISIONAL_MINIMUM == 0.5
    exact = np.array([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], "<f4")  # Of unit length to the last bit, in float16 too.
    short = exact.copy()
    short[0] = np.nextafter(np.float16(0.5), np.float16(0))
    assert cases(search(index(child(1, short.tobytes()), child(2, exact.tobytes())), probe(0.0))) == ["2"]


def test_twenty_lookalikes_give_ten_candidates_in_order() -> None:
    entries = [child(number, vector(0.01 * number), vector(0.3)) for number in range(20)]
    assert cases(search(index(*entries), probe(0.0))) == [str(number) for number in range(10)]


def test_many_photos_of_one_case_do_not_crowd_the_others_out() -> None:
    crowd = child(1, *[vector(0.001 * number) for number in range(32)])
    others = [child(number, vector(0.1 * number)) for number in range(2, 6)]
    assert cases(search(index(crowd, *others), probe(0.0))) == ["1", "2", "3", "4", "5"]


def test_contradicting_sex_and_age_do_not_compete_even_at_full_score() -> None:
    entries = [child(1, vector(0), sex=Sex.MALE), child(2, vector(0.3))]
    found = index(*entries).search(probe(0.0))
    assert (cases(found.matches), found.comparable) == (["2"], 1)
    nobody = index(*entries).search(probe(0.0, band=AgeBand.ADULT))
    assert (nobody.matches, nobody.comparable) == ((), 0)


def test_templates_of_another_pack_are_counted_and_never_compared() -> None:
    mixed = index(child(1, vector(0), pack=OTHER_PACK), child(2, vector(0.1)))
    assert mixed.incomparable == 1
    assert mixed.cases_on(DAY) == 2
    found = mixed.search(probe(0.0))
    assert (cases(found.matches), found.comparable) == (["2"], 1)


@pytest.mark.parametrize("calibrated", [True, False])
def test_probe_of_another_pack_is_refused(calibrated: bool) -> None:
    scoring = CalibratedScoring(SCORER, false_candidates_per_100=5) if calibrated else CosineScoring(PACK)
    with pytest.raises(PackMismatchError):
        empty_index(scoring, D).search(probe(0.0, pack=OTHER_PACK))


@pytest.mark.parametrize(
    "damaged", [bytes(4 * D), vector(0) + bytes(4), np.full(D, np.nan, "<f4").tobytes(), np.full(D, 9, "<f4").tobytes()]
)
def test_damaged_template_is_set_aside_and_the_rest_is_searched(damaged: bytes) -> None:
    # Templates of one pack are equally long in a segment: one that is not stands in a segment of its own.
    mixed = index(child(1, vector(0.1)), child(2, vector(0.2), pack=OTHER_PACK))
    columns = entry_columns([child(3, damaged)], [2])
    mixed = mixed.applied(Segment(SliceName("bd/missing"), 2, False, columns, ()))
    assert mixed.incomparable == 2
    assert cases(search(mixed, probe(0.0))) == ["1"]


def test_empty_list_has_no_candidates() -> None:
    found = index().search(probe(0.0))
    assert (found.matches, found.comparable) == ((), 0)
    assert index().cases_on(DAY) == 0


def test_expired_entry_neither_counts_nor_matches() -> None:
    old = entry(CaseId("bd/c-1"), [vector(0)], PACK, sex=Sex.FEMALE, birth=BORN, expires=date(2026, 11, 21))
    assert index(old).cases_on(DAY) == 0
    assert index(old).search(probe(0.0)).comparable == 0


class TestCalibrated:
    """With the built-in pack's calibration."""

    def vectors(self, count: int, seed: int = 3) -> list[bytes]:
        source = np.random.default_rng(seed)
        return [random_vector(source) for _ in range(count)]

    def listed(self, vectors: Sequence[bytes], wanted: float = 5) -> WatchlistIndex:
        entries = [
            entry(CaseId(f"bd/c-{number}"), [data], DEFAULT.digest, sex=Sex.FEMALE, birth=BORN)
            for number, data in enumerate(vectors)
        ]
        return index_of(entries, CalibratedScoring(SCORER, false_candidates_per_100=wanted), 192)

    def like(self, data: bytes, share: float, seed: int = 9) -> Template:
        """A template whose cosine with `data` is `share`, or nearly."""
        other = np.frombuffer(random_vector(np.random.default_rng(seed)), "<f4")
        base = np.frombuffer(data, "<f4")
        aside = other - (other @ base) * base
        return Template(
            (share * base + np.sqrt(1 - share**2) * aside / np.linalg.norm(aside)).astype(np.float32), DEFAULT.digest
        )

    def scoring(self, data: bytes, score: float) -> Template:
        """A template whose normalised score with `data` is `score`, or nearly: whatever the calibration says."""
        entry = np.frombuffer(data, "<f4")[None]
        likes = [self.like(data, share) for share in np.linspace(0, 1, 201)]
        return min(likes, key=lambda like: abs(float(SCORER.score(like, entry)[0]) - score))

    def probe(self, template: Template) -> Probe:
        return Probe(template, Sex.UNKNOWN, AgeBand.CHILD, DAY)

    def test_search_is_exact_on_a_long_list(self) -> None:
        centre = self.vectors(1)[0]
        shares = np.random.default_rng(5).permutation(np.linspace(0.3, 0.95, 9000))
        vectors = [self.like(centre, share, seed=100 + number).to_bytes() for number, share in enumerate(shares)]
        wanted = self.like(centre, 0.9)
        scores = SCORER.score(wanted, np.stack([np.frombuffer(data, "<f4") for data in vectors]))
        found = self.listed(vectors).search(self.probe(wanted))
        assert found.comparable == 9000
        assert cases(found.matches) == [str(number) for number in np.argsort(-scores)[:10]]

    def test_raw_cosine_of_a_candidate_is_that_of_its_photo_and_not_of_the_normalised_rows(self) -> None:
        child = DEFAULT_POPULATION.means[1] / np.linalg.norm(DEFAULT_POPULATION.means[1])
        vectors = [*self.vectors(3), child.astype("<f4").tobytes()]
        (match,) = self.listed(vectors).search(self.probe(self.like(vectors[3], 0.95))).matches
        assert match.raw == pytest.approx(0.95, abs=1e-3)
        assert match.score != pytest.approx(match.raw, abs=0.01)

    def test_longer_list_asks_for_a_higher_score(self) -> None:
        vectors = self.vectors(3000)
        low, high = (SCORER.threshold(Band.YOUNG, count, 5) for count in (1, 3000))
        template = self.scoring(vectors[0], (low + high) / 2)
        one, many = self.listed(vectors[:1]), self.listed(vectors)
        (match,) = one.search(self.probe(template)).matches
        assert low < match.score < high
        assert many.search(self.probe(template)).matches == ()

    def test_more_wanted_candidates_ask_for_a_lower_score(self) -> None:
        vectors = self.vectors(3000)
        low, high = (SCORER.threshold(Band.YOUNG, 3000, wanted) for wanted in (90, 1))
        template = self.scoring(vectors[0], (low + high) / 2)
        strict, wide = (self.listed(vectors, wanted).search(self.probe(template)).matches for wanted in (1, 90))
        assert (cases(strict), cases(wide)) == ([], ["0"])

    def test_chance_is_that_of_the_photos_that_competed_and_not_of_the_whole_list(self) -> None:
        vectors = self.vectors(40)
        girls = [entry(CaseId("bd/c-g"), vectors[:1], DEFAULT.digest, sex=Sex.FEMALE, birth=BORN)]
        boys = [
            entry(CaseId(f"bd/c-b{number}"), [data], DEFAULT.digest, sex=Sex.MALE, birth=BORN)
            for number, data in enumerate(vectors[1:])
        ]
        scoring = CalibratedScoring(SCORER, false_candidates_per_100=5)
        watchlist = index_of([*girls, *boys], scoring, 192)
        template = self.like(vectors[0], 0.9)
        found = watchlist.search(Probe(template, Sex.FEMALE, AgeBand.CHILD, DAY))
        (match,) = found.matches
        assert found.comparable == 1
        assert match.chance == SCORER.chance(match.score, Band.YOUNG, 1)
