"""Drawing a PIN that nobody chose. Pure but for the random bytes that it is given."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

DIGITS: Final = 6

_FEWEST_DIFFERENT: Final = 4


def draw_pin(entropy: Callable[[int], bytes]) -> str:
    """DIGITS digits, each PIN as likely as another, without those that a guesser tries first.

    `entropy(n)` gives n random bytes.
    """
    while True:
        # 8 bytes: what is left over of a division by a million favours no PIN by more than a part in 10**13.
        pin = f"{int.from_bytes(entropy(8)) % 10**DIGITS:0{DIGITS}}"
        if not _is_obvious(pin):
            return pin


def _is_obvious(pin: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(set(pin)) < _FEWEST_DIFFERENT or steps in ({1}, {-1})
