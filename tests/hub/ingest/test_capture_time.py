"""Late data is never live, and an uncertain clock is said to be uncertain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import DAY, HOUR, MINUTE
from hub.ingest.capture_time import LIVE_FOR, CaptureTime, capture_time
from hub.languages import language
from hub.moments import Moments
from protocol.moment import Moment

RECEIVED = 1_795_010_700_000


def exact(ago: int) -> CaptureTime:
    return CaptureTime.exact(RECEIVED - ago, RECEIVED)


def test_sighting_that_comes_within_the_hour_is_live_and_a_later_one_is_not() -> None:
    assert not exact(LIVE_FOR).historical
    assert exact(LIVE_FOR + 1).historical
    assert exact(90 * DAY).historical
    assert not exact(0).uncertain


def test_capture_that_may_be_old_is_not_shown_as_live_although_the_unit_guesses_that_it_is_new() -> None:
    time = capture_time(Moment(RECEIVED - MINUTE, RECEIVED - 40 * DAY, None), RECEIVED)
    assert (time.historical, time.uncertain, time.latest) == (True, True, RECEIVED)
    words = Moments(language("en")).captured(time)
    assert words.startswith("between ")
    assert words.endswith("(time uncertain)")


def test_unit_with_a_set_clock_is_told_in_minutes() -> None:
    time = capture_time(Moment(RECEIVED - MINUTE, RECEIVED - MINUTE - 800, RECEIVED - MINUTE + 800), RECEIVED)
    assert (time.historical, time.uncertain) == (False, False)
    assert Moments(language("en")).captured(time) == "18 Nov 2026, 14:04 UTC"


@pytest.mark.parametrize("ahead", [HOUR, 70 * 365 * DAY])
def test_clock_that_is_ahead_of_the_hub_s_is_uncertain_and_nobody_was_photographed_after_receipt(ahead: int) -> None:
    at = RECEIVED + ahead
    time = capture_time(Moment(at, at, at), RECEIVED)
    assert (time.at, time.latest, time.uncertain) == (RECEIVED, RECEIVED, True)


@given(
    at=st.integers(0, 2 * RECEIVED),
    before=st.integers(0, RECEIVED),
    after=st.none() | st.integers(0, RECEIVED),
    received=st.integers(0, 2 * RECEIVED),
)
def test_bounds_are_in_order_whatever_a_unit_says(at: int, before: int, after: int | None, received: int) -> None:
    time = capture_time(Moment(at, max(at - before, 0), None if after is None else at + after), received)
    assert time.earliest <= time.at <= time.latest <= received
    assert time.historical == (received - time.earliest > LIVE_FOR)
