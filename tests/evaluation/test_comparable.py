"""What is measured must be searched among the same entries as a unit would search."""

from datetime import date

import numpy as np
import pytest

from edge_agent.watchlist.comparable import Attributes, comparable
from evaluation.comparable import comparable_in_age
from evaluation.samples import band_of
from protocol.comparable import SEX_CODES, sexes_agree
from protocol.person import AgeBand, Sex

TODAY = date(2031, 7, 15)
AGES = np.arange(0, 81)


@pytest.mark.parametrize("probe", [0, 3, 4, 8, 9, 12, 13, 17, 18, 70])
def test_age_is_judged_as_a_unit_judges_it(probe: int) -> None:
    this_month = TODAY.year * 12 + TODAY.month - 1
    unit = Attributes(
        sexes=np.zeros(len(AGES), np.int8),
        born_from=(this_month - 12 * (AGES + 1)).astype(np.int32),
        born_to=(this_month - 12 * AGES).astype(np.int32),
        expires=np.full(len(AGES), TODAY.toordinal(), np.int32),
    )
    band = band_of(probe)
    assert band is not None
    expected = comparable(unit, sex=Sex.UNKNOWN, age_band=band, today=TODAY)
    (found,) = comparable_in_age(np.array([float(probe)]), AGES.astype(float))
    assert found.tolist() == expected.tolist()


def test_unknown_age_on_either_side_rules_out_nothing() -> None:
    unknown = np.array([np.nan, 4.0])
    assert comparable_in_age(unknown, np.array([np.nan, 60.0])).tolist() == [[True, True], [True, False]]


def test_contradicting_sex_rules_out_and_unknown_sex_does_not() -> None:
    codes = np.array([SEX_CODES[sex] for sex in (Sex.FEMALE, Sex.MALE, Sex.UNKNOWN)])
    agree = sexes_agree(codes[:, None], codes[None])
    assert agree.tolist() == [
        [True, False, True],
        [False, True, True],
        [True, True, True],
    ]


@pytest.mark.parametrize(("age", "band"), [(0, "0-3"), (3.9, "0-3"), (4, "4-8"), (17.99, "13-17"), (18, "18+")])
def test_age_between_two_birthdays_belongs_to_the_completed_year(age: float, band: str) -> None:
    assert band_of(age) is AgeBand(band)


def test_no_age_is_no_band() -> None:
    assert band_of(float("nan")) is None
