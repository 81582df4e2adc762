"""Sequence numbers: each is admitted once, in any order, and none that is too old to tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ReplayedError
from protocol.replay import WINDOW, ReplayWindow


@given(numbers=st.lists(st.integers(0, 3 * WINDOW), max_size=60))
def test_replayed_number_is_refused_and_a_fresh_one_within_the_window_is_not(numbers: list[int]) -> None:
    window = ReplayWindow()
    admitted: set[int] = set()
    for number in numbers:
        highest = max(admitted, default=-1)
        if number in admitted or number <= highest - WINDOW:
            with pytest.raises(ReplayedError):
                window.admit(number)
        else:
            window = window.admit(number)
            admitted.add(number)


def test_window_does_not_grow_with_the_numbers_it_has_seen() -> None:
    window = ReplayWindow()
    for number in range(0, 10 * WINDOW, 7):
        window = window.admit(number)
    assert window.seen.bit_length() <= WINDOW
