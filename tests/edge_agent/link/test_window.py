from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.window import LONGEST_WAIT, WINDOW, SendWindow


def send(window: SendWindow, pending: list[int], now: float) -> list[int]:
    due = window.due(pending, now)
    for number in due:
        window.sent(number, now)
    return due


def test_oldest_first_and_no_more_than_the_window() -> None:
    window = SendWindow(30)
    assert send(window, list(range(100)), 0) == list(range(WINDOW))
    assert send(window, list(range(100)), 1) == []
    assert send(window, list(range(3, 100)), 2) == [8, 9, 10]


def test_sending_is_repeated_ever_more_rarely() -> None:
    window = SendWindow(30)
    times = [now for now in range(20_000) if send(window, [1], now)]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[:4] == [30, 60, 120, 240]
    assert max(gaps) == LONGEST_WAIT


def test_envelopes_that_are_never_confirmed_do_not_keep_a_new_one_back() -> None:
    window = SendWindow(30)
    stuck = list(range(WINDOW))
    send(window, stuck, 0)
    assert send(window, [*stuck, 99], 31)[0] == 99


def test_broker_that_forgot_gets_everything_again_at_once() -> None:
    window = SendWindow(30)
    send(window, [1, 2], 0)
    window.forget()
    assert send(window, [1, 2], 1) == [1, 2]


def test_next_due_is_when_the_first_repeat_falls_due() -> None:
    window = SendWindow(30)
    assert window.next_due(5) is None
    send(window, [1], 5)
    send(window, [1, 2], 9)
    assert window.next_due(9) == 35


def test_window_that_nobody_answers_is_looked_at_again_when_something_can_be_done() -> None:
    window = SendWindow(30)
    now = 0.0
    for _ in range(6):
        send(window, [1], now)
        due = window.next_due(now)
        assert due is not None
        assert due > now
        now = due


def test_envelopes_that_wait_for_an_hour_do_not_keep_a_new_one_back_for_an_hour() -> None:
    window = SendWindow(30)
    stuck = list(range(WINDOW))
    now = 0.0
    for _ in range(10):
        send(window, stuck, now)
        now += LONGEST_WAIT
    send(window, stuck, now)
    assert send(window, [*stuck, 99], now + 29) == []
    assert send(window, [*stuck, 99], now + 31) == [99]


def test_urgent_envelope_that_was_lost_on_the_way_goes_before_a_backlog() -> None:
    window = SendWindow(30)
    send(window, [500], 0)
    assert window.due([500, *range(100)], 31, lambda number: number == 500)[:2] == [500, 0]


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 500)), max_size=60))
def test_nothing_pending_is_forgotten_for_good(steps: list[tuple[int, float]]) -> None:
    window, now, pending = SendWindow(10), 0.0, list(range(20))
    for confirmed, pause in steps:
        now += pause
        send(window, pending, now)
        pending = [number for number in pending if number != confirmed]
    sent: set[int] = set()
    for _ in range(20):
        now += LONGEST_WAIT
        sent |= set(send(window, pending, now))
    assert sent == set(pending)
