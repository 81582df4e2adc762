"""Boots in 1970 and 2099, clocks that jump, crystals that drift: what must neither end nor come back by them."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.trusted_time import (
    BUILT_AT,
    DAY,
    HOUR,
    LONGEST_ABSENCE,
    LONGEST_ROUND_TRIP,
    KnownTime,
    TrustedClock,
    Uptime,
    as_day,
    machine_uptime,
)

YEAR = 365 * DAY
IN_2099 = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1000)
NOW = BUILT_AT + 100 * DAY


@dataclass
class Board:
    """A machine whose true time the test knows; its own clock shows something else."""

    true: int = NOW
    wrong_by: int = 0
    switched_on: int = NOW
    boot: int = 1
    clock: TrustedClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = TrustedClock(self.system, self.uptime, KnownTime.nothing())

    def system(self) -> int:
        return self.true + self.wrong_by

    def uptime(self) -> Uptime:
        return Uptime(self.boot, self.true - self.switched_on)

    def wait(self, milliseconds: int) -> None:
        self.true += milliseconds

    def reboot(self, *, shows: int, away: int = 0) -> None:
        """Off for `away`, and on again with a clock that shows something."""
        known = self.clock.known()
        self.true += away
        self.switched_on, self.boot, self.wrong_by = self.true, self.boot + 1, shows - self.true
        self.clock = TrustedClock(self.system, self.uptime, known)

    def ask_hub(self, *, way: int = 100) -> bool:
        asked = self.uptime()
        self.wait(way)
        said = self.true
        self.wait(way)
        return self.clock.synchronise(said, asked)

    def agree_with_hub(self) -> None:
        """Two answers, an hour apart."""
        self.ask_hub()
        self.wait(HOUR)
        self.ask_hub()


def test_boot_in_1970_is_no_earlier_than_what_was_known_before_it() -> None:
    board = Board()
    board.ask_hub()
    board.wait(40 * DAY)
    board.reboot(shows=0, away=5 * DAY)
    now = board.clock.moment()
    assert now.earliest >= NOW + 40 * DAY - HOUR
    assert now.at >= NOW + 40 * DAY - HOUR
    assert now.latest is None


def test_boot_in_2099_moves_nothing_and_is_forgotten_when_the_clock_is_right_again() -> None:
    board = Board()
    board.ask_hub()
    board.reboot(shows=IN_2099)
    assert abs(board.clock.now() - board.true) < HOUR
    assert not board.clock.surely_after(NOW + DAY)
    board.reboot(shows=board.true)
    assert abs(board.clock.now() - board.true) < HOUR


def test_clock_within_belief_but_wrong_erases_nothing_and_is_corrected_by_the_hub() -> None:
    board = Board()
    board.ask_hub()
    board.reboot(shows=board.true + 300 * DAY)
    # It cannot be told from a unit that lay in a drawer: the estimate follows, what is certain does not.
    assert as_day(board.clock.now()) == as_day(board.true + 300 * DAY)
    assert not board.clock.surely_after(board.true + DAY)
    assert board.clock.possibly_after(board.true + 299 * DAY)
    board.ask_hub()
    assert abs(board.clock.now() - board.true) <= 100
    assert not board.clock.possibly_after(board.true + DAY)


def test_clock_that_is_set_back_revives_nothing() -> None:
    board = Board()
    board.wait(60 * DAY)
    ended = board.clock.now() - DAY
    board.wrong_by = -50 * DAY
    assert board.clock.now() > ended
    board.reboot(shows=NOW)
    assert board.clock.now() > ended


def test_steps_of_belief_cannot_reach_2099_by_a_jump_and_erase_nothing() -> None:
    board = Board()
    for _ in range(5):
        board.reboot(shows=board.clock.now() + LONGEST_ABSENCE - DAY)
        board.clock.now()
    assert not board.clock.surely_after(NOW + DAY)
    board.ask_hub()
    assert abs(board.clock.now() - board.true) <= 100


def test_powered_unit_counts_on_while_its_clock_stands_still() -> None:
    board = Board()
    board.agree_with_hub()
    board.reboot(shows=0)
    board.wait(30 * DAY)
    assert board.clock.surely_after(NOW + 29 * DAY)


def test_answer_of_the_hub_bounds_now_by_half_the_round_trip() -> None:
    board = Board(wrong_by=-3 * YEAR)
    assert board.ask_hub(way=4000)
    now = board.clock.moment()
    assert now.latest is not None
    assert now.earliest <= board.true <= now.latest
    assert now.latest - now.earliest <= 8000


def test_answer_that_took_too_long_says_only_that_it_is_no_earlier() -> None:
    board = Board()
    assert not board.ask_hub(way=LONGEST_ROUND_TRIP)
    now = board.clock.moment()
    assert (now.latest, now.earliest >= board.true - LONGEST_ROUND_TRIP) == (None, True)


def test_answer_to_a_question_of_an_earlier_boot_is_no_answer() -> None:
    board = Board()
    asked = board.uptime()
    board.reboot(shows=board.true)
    assert not board.clock.synchronise(board.true, asked)
    assert board.clock.moment().latest is None


def test_signed_moment_that_comes_late_only_moves_the_earliest() -> None:
    board = Board(wrong_by=-60 * DAY)
    board.clock.not_before(board.true - DAY)
    now = board.clock.moment()
    assert (now.earliest, now.at, now.latest) == (board.true - DAY, board.true - DAY, None)
    board.clock.not_before(board.true - 2 * DAY)
    assert board.clock.moment() == now


def test_signed_moment_far_ahead_is_left_for_the_hub_s_answer() -> None:
    board = Board()
    board.clock.not_before(IN_2099)
    assert not board.clock.surely_after(NOW + DAY)


def test_hub_whose_clock_was_wrong_is_believed_again_when_it_is_right() -> None:
    board = Board()
    board.agree_with_hub()
    board.clock.synchronise(board.true + 200 * DAY, board.uptime())
    assert board.clock.now() >= board.true + 200 * DAY
    board.ask_hub()
    assert abs(board.clock.now() - board.true) <= 100


def test_unit_without_a_network_never_destroys_what_is_too_old() -> None:
    board = Board()
    board.agree_with_hub()
    board.wait(40 * DAY)
    assert board.clock.surely_after(NOW + 39 * DAY)


def test_hub_whose_clock_is_wrong_twice_within_an_hour_makes_units_destroy() -> None:
    board = Board()
    for ahead in (200, 300, 400):
        board.clock.not_before(board.true + ahead * DAY)
        board.clock.synchronise(board.true + ahead * DAY, board.uptime())
        board.wait(HOUR // 4)
        board.reboot(shows=0, away=DAY)  # Hours off prove nothing: a machine counts only while it is on.
    assert not board.clock.surely_after(board.true)


@pytest.mark.parametrize("minutes_on", [5, 30, 300])
def test_unit_that_is_on_for_minutes_a_day_never_destroys_what_is_too_old(minutes_on: int) -> None:
    board = Board()
    for _ in range(40):
        board.ask_hub()
        board.wait(minutes_on * 60_000)
        board.reboot(shows=0, away=23 * HOUR)
    assert board.clock.surely_after(board.true - 30 * DAY)


Step = tuple[str, int]
_LENGTHS = st.integers(0, 3 * DAY) | st.integers(0, 2 * HOUR)
_STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.sampled_from(["wait", "off", "ask", "ask late"]), _LENGTHS),
    st.tuples(st.sampled_from(["own clock", "signed"]), st.integers(-2 * YEAR, 60 * YEAR)),
)


def live(board: Board, steps: list[Step]) -> None:
    """Whatever else happens: the hub's answers are right, and what is destroyed is surely too old."""
    for what, length in steps:
        match what:
            case "wait":
                board.wait(length)
            case "off":
                board.reboot(shows=0, away=length)
            case "ask":
                board.ask_hub(way=length % LONGEST_ROUND_TRIP)
            case "ask late":
                board.ask_hub(way=length)
            case "own clock":
                board.wrong_by = length
                board.clock.moment()
            case _:
                board.clock.not_before(board.true + length)
        assert board.clock.destroyable_before() <= board.true


@given(before=st.lists(_STEPS), after=st.lists(_STEPS), wrong=st.integers(-2 * YEAR, 33 * YEAR))
def test_single_wrong_answer_of_the_hub_destroys_something(before: list[Step], after: list[Step], wrong: int) -> None:
    board = Board()
    live(board, before)
    board.clock.synchronise(board.true + wrong, board.uptime())
    live(board, after)


@given(
    wrong=st.lists(st.tuples(st.integers(0, 2 * HOUR), st.integers(-2 * YEAR, 33 * YEAR))),
    steps=st.lists(_STEPS),
    off=st.lists(st.integers(0, DAY), min_size=16, max_size=16),
)
def test_retention_never_ends_although_the_hub_is_right_again(
    wrong: list[tuple[int, int]], steps: list[Step], off: list[int]
) -> None:
    board = Board()
    for after, ahead in wrong:
        board.wait(after)
        board.clock.synchronise(board.true + ahead, board.uptime())
    board.ask_hub()
    live(board, steps)
    for away in off:  # Four hours in all, in pieces: power cuts between.
        board.ask_hub()
        board.wait(HOUR // 4)
        board.reboot(shows=0, away=away)
    board.ask_hub()
    assert board.true - sum(off) - DAY < board.clock.destroyable_before() <= board.true


@given(steps=st.lists(_STEPS), shows=st.lists(st.integers(0, IN_2099), min_size=1))
def test_own_clock_hastens_or_delays_a_destruction(steps: list[Step], shows: list[int]) -> None:
    honest, played_with = Board(), Board()
    for step, shown in zip(steps, itertools.cycle(shows), strict=False):
        live(honest, [step])
        played_with.wrong_by = shown - played_with.true
        played_with.clock.moment()
        live(played_with, [step])
        assert played_with.clock.destroyable_before() == honest.clock.destroyable_before()


def test_moment_signed_after_the_latest_makes_the_clock_uncertain_instead_of_exact() -> None:
    board = Board()
    board.ask_hub()
    board.clock.not_before(board.true + DAY)
    now = board.clock.moment()
    assert (now.earliest, now.latest) == (board.true + DAY, None)


def test_moment_a_little_ago_has_the_uncertainty_of_now() -> None:
    board = Board()
    board.ask_hub()
    taken = board.clock.now()
    board.wait(3000)
    then, now = board.clock.moment_of(taken), board.clock.moment()
    assert then.at == taken
    assert now.latest is not None
    assert then.latest == now.latest - 3000
    assert then.earliest == now.earliest - 3000


def test_other_process_of_the_same_boot_knows_what_this_one_does() -> None:
    board = Board(wrong_by=-2 * YEAR)
    board.ask_hub()
    board.wait(HOUR)
    other = TrustedClock(board.system, board.uptime, board.clock.known())
    board.wait(HOUR)
    assert abs(other.now() - board.true) < 5000
    assert not other.possibly_after(board.true + 5000)


@given(
    drift=st.floats(-1.5e-4, 1.5e-4),
    days=st.floats(0, 400),
    trip=st.integers(0, LONGEST_ROUND_TRIP),
    share=st.floats(0, 1),
)
def test_truth_lies_inside_the_interval_however_the_crystal_drifts(
    drift: float, days: float, trip: int, share: float
) -> None:
    board = Board()
    asked = board.uptime()
    board.wait(trip)
    assert board.clock.synchronise(board.true - round(trip * share), asked)
    elapsed = round(days * DAY)
    counted = Uptime(board.boot, board.uptime().at + round(elapsed * (1 + drift)))
    now = TrustedClock(board.system, lambda: counted, board.clock.known()).moment()
    assert now.latest is not None
    assert now.earliest - 1 <= board.true + elapsed <= now.latest + 1


def test_machine_counts_upward_in_one_boot() -> None:
    first, second = machine_uptime(), machine_uptime()
    assert first.boot == second.boot
    assert second.at >= first.at


def test_unit_is_never_earlier_than_its_program() -> None:
    board = Board(wrong_by=-40 * YEAR)
    assert board.clock.now() == BUILT_AT
    assert replace(KnownTime.nothing(), floor=0).in_boot(1).floor == 0
    assert TrustedClock(board.system, board.uptime, KnownTime(0, None, 0, Uptime(1, 0))).now() == BUILT_AT


def test_program_was_not_built_in_the_future() -> None:
    assert as_day(BUILT_AT) <= datetime.now(UTC).date()


@pytest.mark.parametrize("moment", [BUILT_AT - 1, 0])
def test_what_ended_before_the_program_was_made_has_surely_ended(moment: int) -> None:
    assert Board(wrong_by=-40 * YEAR).clock.surely_after(moment)
