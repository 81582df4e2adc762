"""Contradictions between the records of an intake and of a case."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.capture_time import CaptureTime
from hub.review.contradictions import age_at, age_in_words, contradictions, gap_in_words
from hub.review.model import Missing, Subject
from protocol.ids import CaseId
from protocol.person import AgeBand, BirthBand, Month, Sex

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


NOW = at(date(2026, 11, 20))


def child(sex: Sex = Sex.MALE, band: AgeBand | None = AgeBand.CHILD, born: BirthBand | None = None) -> Subject:
    return Subject("AAAA-BBBB", "bd/s", "bd/s-1", CaptureTime.exact(NOW, NOW), None, band, born, sex, None)


def case(sex: Sex = Sex.MALE, born: date = date(2020, 3, 1)) -> Missing:
    return Missing(CaseId("bd/c-1"), "GD 1", sex, birth(born), None, None)


@pytest.mark.parametrize(("first", "second"), [(Sex.MALE, Sex.FEMALE), (Sex.FEMALE, Sex.MALE)])
def test_different_sexes_are_flagged(first: Sex, second: Sex) -> None:
    (sentence,) = contradictions(child(first), case(second))
    assert first in sentence
    assert second in sentence


@pytest.mark.parametrize("known", Sex)
def test_unknown_sex_contradicts_nothing(known: Sex) -> None:
    assert contradictions(child(Sex.UNKNOWN), case(known)) == ()
    assert contradictions(child(known), case(Sex.UNKNOWN)) == ()


@pytest.mark.parametrize(
    ("band", "flagged"),
    [(AgeBand.INFANT, True), (AgeBand.CHILD, False), (AgeBand.PRETEEN, False), (AgeBand.TEEN, True)],
)
def test_age_band_is_flagged_only_where_no_birthday_fits(band: AgeBand, *, flagged: bool) -> None:
    found = contradictions(child(band=band), case(born=date(2017, 11, 15)))

    assert bool(found) == flagged
    assert all(band in sentence and "8 to 9" in sentence for sentence in found)


def test_birth_after_the_photograph_is_flagged_and_not_shown_as_a_negative_age() -> None:
    (sentence,) = contradictions(child(), case(born=date(2027, 5, 1)))
    assert "born after" in sentence
    assert age_in_words(birth(date(2027, 5, 1)), at(date(2026, 11, 20))) == "not born yet"


def test_found_child_born_in_other_months_is_flagged() -> None:
    found = child(band=None, born=birth(date(2017, 1, 1)))
    assert contradictions(found, case(born=date(2017, 1, 9))) == ()
    (sentence,) = contradictions(found, case(born=date(2020, 3, 1)))
    assert "not born in the same months" in sentence


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (date(2026, 11, 1), "less than a month"),
        (date(2024, 8, 20), "2 years and 3 months"),
        (date(2026, 10, 20), "1 month"),
        (date(2027, 11, 20), "1 year"),
        (None, "not known: one of the photographs has no date"),
    ],
)
def test_time_between_the_photographs_is_said_in_words(taken: date | None, words: str) -> None:
    assert gap_in_words(taken, at(date(2026, 11, 20))) == words


def test_age_is_said_as_one_number_where_it_is_certain() -> None:
    assert age_in_words(birth(date(2020, 3, 1)), at(date(2026, 11, 20))) == "6"
    assert age_in_words(birth(date(2026, 11, 1)), at(date(2026, 11, 20))) == "0"
