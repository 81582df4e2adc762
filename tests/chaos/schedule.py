"""Which fault each cycle has: decided by the seed and the number alone, so that a cycle can be repeated."""

from collections.abc import Sequence
from random import Random


def fault_of(seed: int, cycle: int, names: Sequence[str]) -> str:
    """The kind of fault of a cycle. Of as many cycles in a row as there are kinds, each has another."""
    turn, place = divmod(cycle, len(names))
    order = sorted(names)
    Random(f"{seed} order {turn}").shuffle(order)
    return order[place]


def draw_of(seed: int, cycle: int) -> Random:
    """Where all chance of a cycle comes from."""
    return Random(f"{seed} cycle {cycle}")
