from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.watchlist.comparable import Attributes, comparable
from protocol.comparable import SEX_CODES, tolerance_months
from protocol.person import AgeBand, Month, Sex

TODAY = date(2026, 11, 22)
THIS_MONTH = Month(2026, 11).ordinal


def one(sex: Sex = Sex.UNKNOWN, *, born: tuple[int, int], expires: date = date(2027, 1, 1)) -> Attributes:
    """One entry, born so many months ago."""
    return Attributes(
        np.array([SEX_CODES[sex]], np.int8),
        np.array([THIS_MONTH - born[0]], np.int32),
        np.array([THIS_MONTH - born[1]], np.int32),
        np.array([expires.toordinal()], np.int32),
    )


def fits(entry: Attributes, band: AgeBand, sex: Sex = Sex.UNKNOWN, today: date = TODAY) -> bool:
    return bool(comparable(entry, sex=sex, age_band=band, today=today)[0])


@pytest.mark.parametrize(
    ("listed", "taken", "expected"),
    [
        (Sex.FEMALE, Sex.FEMALE, True),
        (Sex.FEMALE, Sex.MALE, False),
        (Sex.MALE, Sex.FEMALE, False),
        (Sex.UNKNOWN, Sex.MALE, True),
        (Sex.MALE, Sex.UNKNOWN, True),
    ],
)
def test_boy_is_not_matched_to_a_girl_but_unknown_is_matched_to_both(
    listed: Sex, taken: Sex, *, expected: bool
) -> None:
    assert fits(one(listed, born=(72, 72)), AgeBand.CHILD, taken) is expected


@pytest.mark.parametrize(
    ("years", "bands"),
    [
        (0, {AgeBand.INFANT}),
        (2, {AgeBand.INFANT}),
        (3, {AgeBand.INFANT, AgeBand.CHILD}),
        (6, {AgeBand.CHILD}),
        (8, {AgeBand.CHILD, AgeBand.PRETEEN}),
        (10, {AgeBand.CHILD, AgeBand.PRETEEN, AgeBand.TEEN}),
        (15, {AgeBand.PRETEEN, AgeBand.TEEN, AgeBand.ADULT}),
        (30, {AgeBand.ADULT}),
        (99, {AgeBand.ADULT}),
    ],
)
def test_child_that_is_guessed_a_band_off_is_still_found(years: int, bands: set[AgeBand]) -> None:
    entry = one(born=(years * 12 + 6, years * 12 + 6))
    assert {band for band in AgeBand if fits(entry, band)} == bands | {AgeBand.UNKNOWN}


def test_uncertain_birth_widens_the_tolerance() -> None:
    sharp, vague = one(born=(72, 72)), one(born=(84, 60))
    assert tolerance_months(vague.born_from, vague.born_to, THIS_MONTH) == [12 + 12 + 6]
    assert tolerance_months(sharp.born_from, sharp.born_to, THIS_MONTH) == [12 + 12]


def test_child_listed_for_years_is_compared_at_the_age_it_has_now() -> None:
    entry = one(born=(72, 72), expires=date(2040, 1, 1))
    in_ten_years = date(2036, 11, 22)
    assert [fits(entry, AgeBand.CHILD), fits(entry, AgeBand.TEEN)] == [True, False]
    assert [fits(entry, band, today=in_ten_years) for band in (AgeBand.CHILD, AgeBand.TEEN)] == [False, True]


def test_entry_is_searched_on_its_last_day_and_not_the_day_after() -> None:
    entry = one(born=(72, 72), expires=TODAY)
    assert fits(entry, AgeBand.CHILD)
    assert not fits(entry, AgeBand.CHILD, today=date(2026, 11, 23))


def test_list_written_with_a_birth_in_the_future_does_not_break_the_search() -> None:
    assert fits(one(born=(-5, -5)), AgeBand.INFANT)


@given(st.integers(0, 1200), st.integers(0, 120), st.sampled_from(AgeBand))
def test_agrees_with_the_rule_written_out_month_by_month(age: int, width: int, band: AgeBand) -> None:
    entry = one(born=(age + width, age))
    slack = 12 + (age + (width + 1) // 2) // 6 + width // 4
    low, high = band.years
    wanted = set(range(12 * low, 12 * (high + 1) + 1))
    possible = set(range(age - slack, age + width + slack + 1))
    assert fits(entry, band) is bool(wanted & possible)
