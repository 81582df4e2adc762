"""How long to wait before trying again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from `first` to at most `longest` seconds, each drawn between its half and its whole.

    Without the draw, a hundred units that lost their broker together would come back together.
    """

    first: float
    longest: float

    def delay(self, failures: int, source: random.Random) -> float:
        """Seconds to wait after `failures` in a row, 1 or more: between half and the whole of the step."""
        step = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return step * (0.5 + source.random() / 2)
