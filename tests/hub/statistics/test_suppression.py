"""Numbers that are withheld must not follow from those that are shown."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.statistics.suppression import is_small, withheld


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        ([5, 60, 0], set()),
        ([0, 0, 0], set()),
        ([3, 60, 9], {0, 2}),  # Alone, the 3 would be the total less the others.
        ([3, 9, 9], {0, 1}),
        ([1, 1, 40, 30], {0, 1, 3}),  # 1 and 1 would follow from their sum of 2.
        ([4, 4, 40, 30], {0, 1}),
        ([3, 0, 0], {0}),  # The total is withheld too.
        ([3, 2, 0], {0, 1, 2}),  # Small numbers alone, under a total that is shown.
        ([1, 1, 1, 1, 1], {0, 1, 2, 3, 4}),
        ([], set()),
    ],
)
def test_cells_that_are_withheld(cells: list[int], hidden: set[int]) -> None:
    assert withheld(cells) == hidden


@given(st.lists(st.one_of(st.integers(0, 6), st.integers(0, 30)), min_size=1, max_size=6))
def test_no_small_number_is_shown(cells: list[int]) -> None:
    assert {place for place, count in enumerate(cells) if is_small(count)} <= withheld(cells)


@given(st.lists(st.one_of(st.integers(0, 6), st.integers(0, 12)), min_size=2, max_size=4))
def test_no_small_number_follows_from_the_total_and_the_others(cells: list[int]) -> None:
    hidden, total = withheld(cells), sum(cells)
    if is_small(total):
        return  # Then the total says nothing but that it is small itself.
    for place in hidden:
        assert len(possible(cells, hidden, place)) >= 5


def possible(cells: Sequence[int], hidden: frozenset[int], place: int) -> set[int]:
    """What a reader who knows the total, and that nothing withheld is nought, can still believe of a cell."""
    lowest = 0 if len(hidden) == len(cells) else 1
    left = sum(cells[one] for one in hidden)
    order = sorted(hidden)
    found = set()
    for values in product(range(lowest, left + 1), repeat=len(order) - 1):
        last = left - sum(values)
        if last >= lowest:
            found.add([*values, last][order.index(place)])
    return found
