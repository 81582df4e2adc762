from datetime import UTC, datetime

from edge_agent.trusted_time import BUILT_AT, TrustedClock, as_day, trusted_time

YEAR = 365 * 86_400_000


def test_boot_in_1970_is_no_earlier_than_the_last_trusted_time_or_the_program() -> None:
    assert trusted_time(0, 0) == BUILT_AT
    assert trusted_time(0, BUILT_AT + YEAR) == BUILT_AT + YEAR


def test_boot_in_2099_does_not_move_the_time() -> None:
    in_2099 = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert trusted_time(in_2099, BUILT_AT + YEAR) == BUILT_AT + YEAR


def test_plausible_clock_is_believed() -> None:
    assert trusted_time(BUILT_AT + YEAR, BUILT_AT) == BUILT_AT + YEAR


def test_clock_that_jumps_back_while_the_program_runs() -> None:
    readings = iter([BUILT_AT + 10, BUILT_AT + 5, BUILT_AT + 11])
    clock = TrustedClock(lambda: next(readings), 0)
    assert [clock.now() for _ in range(3)] == [BUILT_AT + 10, BUILT_AT + 10, BUILT_AT + 11]


def test_program_was_not_built_in_the_future() -> None:
    assert as_day(BUILT_AT) <= datetime.now(UTC).date()
