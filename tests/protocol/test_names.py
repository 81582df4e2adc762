"""Names end in certificates, topics, paths and shells: nothing but their grammar may pass."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import ids, topics
from protocol.errors import FieldError, InvalidIdError, WrongTopicError
from protocol.ids import HubId, UnitId
from protocol.person import AgeBand, BirthBand, Month
from protocol.topics import UnitChannel

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bd",
        "bd/",
        "/x",
        "bd/x/y",
        "BD/x",
        "bd/x y",
        "bd/+",
        "bd/#",
        "bd/..",
        "bd/x\n",
        "bd/-x",
        "bd/" + "x" * 64,
        "bd/রহিমা",
        "$SYS/x",
    ],
)
def test_name_that_could_mean_something_to_a_broker_or_a_shell_is_refused(text: str) -> None:
    for parse in (ids.parse_unit_id, ids.parse_site_id, ids.parse_slice_name, ids.parse_case_id):
        with pytest.raises(InvalidIdError):
            parse(text)


@given(hub=LABEL, name=LABEL, channel=st.sampled_from(UnitChannel))
def test_topic_is_parsed_as_it_was_built(hub: str, name: str, channel: UnitChannel) -> None:
    unit = ids.parse_unit_id(f"{hub}/{name}")
    assert topics.parse_unit_topic(topics.unit_topic(unit, channel)) == (unit, channel)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "mca/v1/bd/watchlist",
        "mca/v2/bd/units/x/health",
        "mca/v1/bd/units/x/secrets",
        "mca/v1/bd/units/+/health",
        "mca/v1/bd/units/x/health/y",
        "mca/v1/b d/units/x/health",
    ],
)
def test_topic_that_is_not_ours_is_refused(topic: str) -> None:
    with pytest.raises(WrongTopicError):
        topics.parse_unit_topic(topic)


def test_subscription_of_a_hub_covers_its_own_units_alone() -> None:
    assert topics.hub_subscription(HubId("bd"), UnitChannel.HEALTH) == "mca/v1/bd/units/+/health"
    assert topics.unit_topic(UnitId("np/x"), UnitChannel.HEALTH).startswith("mca/v1/np/")


@given(entropy=st.binary(min_size=5, max_size=5))
def test_references_are_ids_and_have_no_letter_that_is_misread(entropy: bytes) -> None:
    assert ids.parse_case_id(ids.case_id(HubId("bd"), entropy))
    assert not set("ILOU") & set(ids.intake_reference(entropy))


def test_two_random_numbers_never_make_one_reference() -> None:
    assert ids.intake_reference(b"\0\0\0\0\1") == "0000-0001"
    assert ids.intake_reference(b"\xff\xff\xff\xff\xff") == "ZZZZ-ZZZZ"
    with pytest.raises(InvalidIdError):
        ids.intake_reference(b"1234")


def test_age_bands_cover_every_age_once() -> None:
    known = [band for band in AgeBand if band is not AgeBand.UNKNOWN]
    covered = [year for band in known for year in range(band.years[0], band.years[1] + 1)]
    assert covered == list(range(121))


@pytest.mark.parametrize("month", [(2015, 0), (2015, 13), (1500, 1), (3000, 1)])
def test_month_that_no_calendar_has_is_refused(month: tuple[int, int]) -> None:
    with pytest.raises(FieldError):
        Month(*month)


def test_birth_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(FieldError):
        BirthBand(Month(2016, 1), Month(2015, 12))


@given(day=st.dates(date(1850, 1, 1), date(2200, 12, 31)))
def test_month_counts_back_to_itself(day: date) -> None:
    month = Month(day.year, day.month)
    assert Month.from_ordinal(month.ordinal) == month
