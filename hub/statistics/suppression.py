"""Which cells of a table are withheld, so that a small number neither stands there nor follows from the others.

A number from 1 to 4 is withheld. Since groups sum to a total that is shown, others go with it, the smallest first,
until each withheld cell could be any of five numbers (complementary suppression).
"""

from collections.abc import Sequence
from typing import Final

SMALLEST_SHOWN: Final = 5


def is_small(count: int) -> bool:
    """Whether a number would point at single people. Nobody is in nought."""
    return 0 < count < SMALLEST_SHOWN


def withheld(cells: Sequence[int]) -> frozenset[int]:
    """The places of the cells to withhold among those of one measure that sum to its total."""
    hidden = [place for place, count in enumerate(cells) if is_small(count)]
    if not hidden or sum(cells) < SMALLEST_SHOWN:  # The total is withheld too.
        return frozenset(hidden)
    shown = sorted((count, place) for place, count in enumerate(cells) if count >= SMALLEST_SHOWN)
    while _slack(cells, hidden) < SMALLEST_SHOWN - 1:
        if not shown:
            # Small numbers alone: were noughts still shown, many cells of one would be told from few of four.
            return frozenset(range(len(cells)))
        hidden.append(shown.pop(0)[1])
    return frozenset(hidden)


def _slack(cells: Sequence[int], hidden: Sequence[int]) -> int:
    """How far any one withheld cell may lie above 1: what the withheld sum to, but for 1 in each of them."""
    return sum(cells[place] for place in hidden) - len(hidden)
