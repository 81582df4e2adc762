"""Guessing PINs at a unit, with everything that somebody who stands before it can do."""

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.staff.errors import LockedOutError, WrongPinError
from edge_agent.staff.lockout import FREE_ATTEMPTS, LONGEST_WAIT, SUSPICIOUS, Failures, wait_after
from edge_agent.trusted_time import BUILT_AT, DAY, HOUR, KnownTime, TrustedClock, Uptime
from protocol.moment import Moment
from tests.edge_agent.staff.lists import AMINA, PIN, RUMA, WRONG, Unit, member, staff_list


def fail(unit: Unit, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPinError):
            unit.desk.sign_in(AMINA, WRONG)


def locked_for(unit: Unit) -> int:
    with pytest.raises(LockedOutError, match="ask the desk") as caught:
        unit.desk.sign_in(AMINA, PIN)
    return caught.value.seconds


def test_right_pin_signs_in_offline_in_digits_of_any_script(unit: Unit) -> None:
    signed_in = unit.desk.sign_in(RUMA, "১৯০২৭৪")
    assert (signed_in.name, sorted(signed_in.roles)) == ("রুমা", ["intake", "notices"])


@pytest.mark.parametrize("pin", ["", PIN[:-1], PIN + "0", "0" * 5000, "no digits", "\0"])
def test_what_is_not_the_pin_is_refused(unit: Unit, pin: str) -> None:
    with pytest.raises(WrongPinError):
        unit.desk.sign_in(AMINA, pin)


@pytest.mark.parametrize("stranger", ["", "c" * 16, "'; DROP TABLE staff; --"])
def test_stranger_is_refused_as_a_wrong_pin_is_and_leaves_no_trace(unit: Unit, stranger: str) -> None:
    for _ in range(FREE_ATTEMPTS + 1):
        with pytest.raises(WrongPinError):
            unit.desk.sign_in(stranger, PIN)
    assert unit.store.most_failures() == 0


def test_neither_pin_nor_person_is_logged(unit: Unit) -> None:
    with structlog.testing.capture_logs() as logs:
        unit.desk.sign_in(AMINA, PIN)
        fail(unit, 1)
    assert [entry["event"] for entry in logs] == ["staff.signed_in", "staff.sign_in_refused"]
    assert all(set(entry) == {"event", "log_level"} for entry in logs)


def test_guesser_waits_ever_longer_and_the_right_person_gets_in_after_the_wait(unit: Unit) -> None:
    fail(unit, FREE_ATTEMPTS)
    assert locked_for(unit) == 30
    unit.wait(30_000)
    fail(unit, 1)
    assert locked_for(unit) == 60
    unit.wait(60_000)
    assert unit.desk.sign_in(AMINA, PIN).id == AMINA
    fail(unit, FREE_ATTEMPTS)
    assert locked_for(unit) == 30


def test_attempts_during_a_wait_make_it_no_longer_and_colleagues_get_in(unit: Unit) -> None:
    fail(unit, FREE_ATTEMPTS)
    for _ in range(50):
        assert locked_for(unit) == 30
    assert unit.desk.sign_in(RUMA, PIN).id == RUMA


def test_nobody_is_locked_out_for_ever(unit: Unit) -> None:
    fail(unit, FREE_ATTEMPTS)
    for _ in range(40):
        seconds = locked_for(unit)
        assert seconds * 1000 <= LONGEST_WAIT
        unit.wait(seconds * 1000)
        fail(unit, 1)
    unit.wait(LONGEST_WAIT)
    assert unit.desk.sign_in(AMINA, PIN).id == AMINA


def test_switching_off_and_on_makes_no_wait_shorter(unit: Unit) -> None:
    fail(unit, FREE_ATTEMPTS)
    unit.wait(29_000)
    unit.off_and_on()
    assert locked_for(unit) == 30
    unit.wait(30_000)
    assert unit.desk.sign_in(AMINA, PIN).id == AMINA


def test_power_cut_while_a_pin_is_checked_counts_as_a_wrong_one(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("credentials.pins.matches", cut)
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                unit.desk.sign_in(AMINA, WRONG)
            unit.off_and_on()
    assert locked_for(unit) == 30


@pytest.mark.parametrize("system", [0, BUILT_AT + 300 * DAY, 4_102_444_800_000])
def test_wrong_clock_makes_no_wait_shorter(unit: Unit, system: int) -> None:
    unit.store.take(staff_list(member(AMINA, "Amina"), serial=2, until=9_000_000_000_000))
    fail(unit, FREE_ATTEMPTS)
    unit.system = system
    assert locked_for(unit) == 30
    unit.off_and_on()
    assert locked_for(unit) == 30


def test_unit_that_was_off_over_night_takes_the_hubs_word_that_the_wait_is_over(unit: Unit) -> None:
    unit.clock.synchronise(BUILT_AT + HOUR, unit.up)
    fail(unit, FREE_ATTEMPTS)
    unit.off_and_on()
    unit.clock.synchronise(BUILT_AT + 9 * HOUR, unit.up)
    assert unit.desk.sign_in(AMINA, PIN).id == AMINA


def test_new_pin_ends_the_wait_and_another_list_does_not(unit: Unit) -> None:
    fail(unit, FREE_ATTEMPTS)
    unit.store.take(staff_list(member(AMINA, "Amina R."), serial=2))
    assert locked_for(unit) == 30
    unit.store.take(staff_list(member(AMINA, "Amina R.", WRONG, salt=b"0123456789abcdef"), serial=3))
    assert unit.desk.sign_in(AMINA, WRONG).id == AMINA


def test_desk_is_told_of_somebody_who_guesses(unit: Unit) -> None:
    for _ in range(SUSPICIOUS):
        unit.wait(LONGEST_WAIT)
        fail(unit, 1)
    assert unit.store.most_failures() == SUSPICIOUS


@given(count=st.integers(1, 2**53), passed=st.integers(0, 2 * LONGEST_WAIT), rebooted=st.booleans())
def test_wait_is_bounded_and_ends_by_the_count_of_uptime_alone(count: int, passed: int, *, rebooted: bool) -> None:
    failures = Failures(count, Uptime(1, 0 if rebooted else 5), None)
    clock = TrustedClock(lambda: 0, lambda: Uptime(2, 0), KnownTime.nothing())
    left = failures.wait_left(clock.moment(), Uptime(2, passed) if rebooted else Uptime(1, passed + 5))
    assert 0 <= left <= LONGEST_WAIT
    assert left == max(wait_after(count) - passed, 0)


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_uncertain_time_never_shortens_a_wait(latest: int, earliest: int) -> None:
    failures = Failures(30, Uptime(1, 0), latest)
    left = failures.wait_left(Moment(earliest, earliest, None), Uptime(2, 0))
    assert left == 0 if earliest - latest >= LONGEST_WAIT else left > 0
