"""The table by hand-made numbers: what is counted where, and what of it is withheld."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.service import IntakeFacts
from hub.review.conclusions import Outcome
from hub.review.model import ReviewId
from hub.review.service import ReviewFacts
from hub.statistics.model import MEASURES, Facts, Row
from hub.statistics.table import percentile, tabulate
from protocol.ids import SightingId, SiteId
from protocol.person import AgeBand, Sex

BENAPOLE, DARSHANA = SiteId("bd/benapole"), SiteId("bd/darshana")
GROUPS: dict[str, Sequence[str]] = {
    "month": ["1", "2"],
    "site": [BENAPOLE, DARSHANA],
    "sex": list(Sex),
    "age band": list(AgeBand),
}


class Register:
    """Intakes and what came of them, one call for several alike."""

    def __init__(self) -> None:
        self.intakes: list[IntakeFacts] = []
        self.reviews: list[ReviewFacts] = []
        self.unread = 0  # alerts that nobody has acknowledged

    def add(
        self,
        count: int,
        *,
        month: int = 1,
        site: SiteId = BENAPOLE,
        sex: Sex = Sex.FEMALE,
        band: AgeBand = AgeBand.CHILD,
        outcomes: Sequence[Outcome | None] = (),
        hours: float = 2.0,
    ) -> None:
        for _ in range(count):
            sighting = SightingId(f"{len(self.intakes):032x}")
            self.intakes.append(IntakeFacts(sighting, month, site, sex, band, len(outcomes)))
            for outcome in outcomes:
                review = ReviewId(f"{len(self.reviews):016x}")
                self.reviews.append(ReviewFacts(review, sighting, outcome, None if outcome is None else hours))

    def rows(self) -> dict[tuple[str, str], Row]:
        alerted = frozenset(review.id for review in self.reviews if review.outcome is Outcome.CONFIRMED)
        acknowledged = frozenset(sorted(alerted)[self.unread :])
        facts = Facts(tuple(self.intakes), tuple(self.reviews), alerted, acknowledged)
        return {(row.breakdown, row.group): row for row in tabulate(facts, GROUPS, str)}


def counts(row: Row) -> dict[str, int | None]:
    return dict(zip(MEASURES, row.counts, strict=True))


@pytest.fixture
def register() -> Register:
    return Register()


def test_each_intake_is_counted_once_in_each_breakdown(register: Register) -> None:
    register.add(10)
    register.add(7, month=2, site=DARSHANA, sex=Sex.MALE, band=AgeBand.TEEN, outcomes=[Outcome.CONFIRMED])
    register.add(6, month=2, outcomes=[Outcome.REJECTED, Outcome.REJECTED, None])
    rows = register.rows()
    assert counts(rows["total", "total"]) == {
        "intakes": 23,
        "with candidates": 13,
        "candidates": 25,
        "confirmed": 7,
        "rejected": 12,
        "unresolved": 0,
        "alerts": 7,
        "acknowledged": 7,
    }
    for breakdown in GROUPS:
        assert sum(row.counts[0] or 0 for (name, _), row in rows.items() if name == breakdown) == 23
    assert rows["month", "2"].counts == (13, 13, 25, 7, 12, 0, 7, 7)
    assert rows["site", DARSHANA].counts == (7, 7, 7, 7, 0, 0, 7, 7)
    assert rows["sex", "female"].counts == (16, 6, 18, 0, 12, 0, 0, 0)
    assert rows["age band", "13-17"].counts == (7, 7, 7, 7, 0, 0, 7, 7)
    assert rows["age band", "0-3"].counts == (0, 0, 0, 0, 0, 0, 0, 0)


def test_small_group_is_withheld_with_another_so_that_the_total_does_not_tell(register: Register) -> None:
    register.add(30, site=BENAPOLE)
    register.add(3, site=DARSHANA)
    rows = register.rows()
    assert counts(rows["total", "total"])["intakes"] == 33
    assert rows["site", BENAPOLE].counts[0] is None
    assert rows["site", DARSHANA].counts[0] is None
    assert rows["sex", "female"].counts[0] == 33


def test_one_small_outcome_is_withheld_with_the_others_of_its_group(register: Register) -> None:
    register.add(20, site=BENAPOLE, outcomes=[Outcome.REJECTED])
    register.add(8, site=BENAPOLE, outcomes=[Outcome.CONFIRMED])
    register.add(9, site=DARSHANA, outcomes=[Outcome.REJECTED])
    register.add(2, site=DARSHANA, outcomes=[Outcome.CONFIRMED])
    rows = register.rows()
    assert counts(rows["total", "total"])["confirmed"] == 10
    darshana = counts(rows["site", DARSHANA])
    assert darshana["candidates"] == 11, "which would tell of the 2 if the 9 were shown"
    assert [darshana[name] for name in ("confirmed", "rejected", "unresolved", "alerts", "acknowledged")] == [None] * 5
    assert rows["site", DARSHANA].median_hours is None


@pytest.mark.parametrize("without", [1, 4])
def test_few_without_candidates_follow_from_all_and_those_with_them(register: Register, without: int) -> None:
    register.add(30, outcomes=[Outcome.REJECTED])
    register.add(without)
    register.add(20, month=2, site=DARSHANA, sex=Sex.MALE)
    register.add(20, month=2, site=DARSHANA, sex=Sex.MALE, outcomes=[Outcome.REJECTED])
    rows = register.rows()
    assert counts(rows["total", "total"])["with candidates"] == 50
    for group in (("month", "1"), ("month", "2"), ("site", BENAPOLE), ("site", DARSHANA), ("sex", "female")):
        assert counts(rows[group])["with candidates"] is None, group
    assert counts(rows["site", BENAPOLE])["intakes"] == 30 + without


def test_few_undecided_follow_from_candidates_and_decisions(register: Register) -> None:
    register.add(30, outcomes=[Outcome.REJECTED])
    register.add(2, outcomes=[None])
    assert register.rows()["total", "total"].counts == (32, 32, 32, None, None, None, None, None)


def test_few_unread_alerts_follow_from_alerts_and_acknowledgements(register: Register) -> None:
    register.add(9, outcomes=[Outcome.CONFIRMED])
    register.unread = 1
    assert register.rows()["total", "total"].counts == (9, 9, 9, 9, 0, 0, 9, None)


def test_small_total_is_withheld_everywhere(register: Register) -> None:
    register.add(40, outcomes=[Outcome.REJECTED])
    register.add(2, outcomes=[Outcome.CONFIRMED])
    rows = register.rows()
    assert rows["total", "total"].counts == (42, 42, 42, None, None, None, None, None)
    assert rows["month", "1"].counts == (42, 42, 42, None, None, None, None, None)
    assert rows["month", "2"].counts == (0, 0, 0, 0, 0, 0, 0, 0)


def test_times_to_decision_are_of_at_least_five_decisions(register: Register) -> None:
    for hours in (1, 2, 3, 4, 100):
        register.add(1, site=BENAPOLE, outcomes=[Outcome.REJECTED], hours=hours)
    register.add(30, site=DARSHANA, outcomes=[None])
    rows = register.rows()
    assert (rows["total", "total"].median_hours, rows["total", "total"].p90_hours) == (3, 100)
    assert (rows["site", BENAPOLE].median_hours, rows["site", BENAPOLE].p90_hours) == (3, 100)
    assert rows["site", DARSHANA].median_hours is None


def test_review_of_an_intake_before_the_period_is_not_counted(register: Register) -> None:
    register.add(10, outcomes=[Outcome.REJECTED])
    register.intakes = register.intakes[5:]
    assert counts(register.rows()["total", "total"])["rejected"] == 5


def test_months_without_anything_are_a_table_of_noughts(register: Register) -> None:
    assert {row.counts for row in register.rows().values()} == {(0,) * len(MEASURES)}


def test_installation_without_a_site_has_a_table_all_the_same() -> None:
    rows = tabulate(Facts((), (), frozenset(), frozenset()), {**GROUPS, "site": []}, str)
    assert "site" not in {row.breakdown for row in rows}


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_percentile_is_a_value_that_enough_others_do_not_exceed(values: list[int]) -> None:
    for share in (0.5, 0.9, 1.0):
        found = percentile(values, share)
        assert sum(value <= found for value in values) >= share * len(values)
        assert sum(value < found for value in values) < share * len(values)
