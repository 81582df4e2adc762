"""Contradictions between the records of an intake and of a case."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.review.contradictions import age_at, age_in_words, contradictions
from protocol.person import AgeBand, BirthBand, Month, Sex
from tests.support.desk import Case, Intake

NOON = 12 * 60 * 60 * 1000


def at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 + NOON


def birth(day: date) -> BirthBand:
    return BirthBand(Month(day.year, day.month), Month(day.year, day.month))


@given(born=st.dates(date(1950, 1, 1), date(2026, 1, 1)), later=st.integers(0, 60 * 366))
def test_true_age_is_never_outside_the_stated_one(born: date, later: int) -> None:
    then = date.fromordinal(born.toordinal() + later)
    true_age = then.year - born.year - ((then.month, then.day) < (born.month, born.day))

    least, greatest = age_at(birth(born), at(then))

    assert least <= true_age <= greatest
    assert greatest - least <= 1


@pytest.mark.parametrize(("first", "second"), [(Sex.MALE, Sex.FEMALE), (Sex.FEMALE, Sex.MALE)])
def test_different_sexes_are_flagged(first: Sex, second: Sex) -> None:
    (sentence,) = contradictions(Intake(sex=first), Case(sex=second))
    assert first in sentence
    assert second in sentence


@pytest.mark.parametrize("known", Sex)
def test_unknown_sex_contradicts_nothing(known: Sex) -> None:
    assert contradictions(Intake(sex=Sex.UNKNOWN), Case(sex=known)) == ()
    assert contradictions(Intake(sex=known), Case(sex=Sex.UNKNOWN)) == ()


@pytest.mark.parametrize(
    ("band", "flagged"),
    [(AgeBand.INFANT, True), (AgeBand.CHILD, False), (AgeBand.PRETEEN, False), (AgeBand.TEEN, True)],
)
def test_age_band_is_flagged_only_where_no_birthday_fits(band: AgeBand, *, flagged: bool) -> None:
    eight_or_nine = birth(date(2017, 11, 15))
    intake = Intake(age_band=band, captured_at=at(date(2026, 11, 20)))

    found = contradictions(intake, Case(birth=eight_or_nine))

    assert bool(found) == flagged
    assert all(band in sentence and "8 to 9" in sentence for sentence in found)


def test_birth_after_the_photograph_is_flagged_and_not_shown_as_a_negative_age() -> None:
    later = birth(date(2027, 5, 1))
    (sentence,) = contradictions(Intake(), Case(birth=later))
    assert "born after" in sentence
    assert age_in_words(later, Intake().captured_at) == "not born yet"


def test_age_is_said_as_one_number_where_it_is_certain() -> None:
    assert age_in_words(birth(date(2020, 3, 1)), at(date(2026, 11, 20))) == "6"
    assert age_in_words(birth(date(2026, 11, 1)), at(date(2026, 11, 20))) == "0"
