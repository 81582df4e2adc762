"""How well somebody tells faces apart, from control pairs, and when a break would do good. Pure.

Intervals are Wilson's (J. Am. Stat. Assoc. 22, 1927) at 95 %: they stay inside 0 to 1 and are honest for few trials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Final

from faults import Sentence
from hub.clock import MINUTE
from hub.review.model import Trial

_Z: Final = 1.959964
_BREAK: Final = 10 * MINUTE
_LONG: Final = 90 * MINUTE
_FEW: Final = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """`errors` of `trials`, with the ends of the 95 % interval, 0 to 1."""

    errors: int
    trials: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Misses among pairs of one person, false alarms among pairs of two; `undecided` answers are neither."""

    misses: Rate
    false_alarms: Rate
    undecided: int


def accuracy(trials: Sequence[Trial]) -> Accuracy:
    """What control pairs show of one person."""
    same = [trial.answer for trial in trials if trial.same]
    different = [trial.answer for trial in trials if not trial.same]
    return Accuracy(
        rate(sum(answer.says_different for answer in same), len(same)),
        rate(sum(answer.says_same for answer in different), len(different)),
        sum(not (trial.answer.says_same or trial.answer.says_different) for trial in trials),
    )


def rate(errors: int, trials: int) -> Rate:
    """A share with Wilson's interval; from 0 to 1 where nothing was tried."""
    if trials == 0:
        return Rate(0, 0, 0, 1)
    share, square = errors / trials, _Z**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = _Z / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return Rate(errors, trials, max(centre - half, 0), min(centre + half, 1))


def hints(times: Sequence[tuple[int, int]], trials: Sequence[Trial], at: int) -> tuple[Sentence, ...]:
    """What speaks for a break, in sentences; nothing follows from them.

    `times`: when each answer of the last day was begun and given, the oldest first, in milliseconds.
    """
    return tuple(hint for hint in (_long(times, at), _hasty(times), _erring(trials)) if hint)


def _long(times: Sequence[tuple[int, int]], at: int) -> Sentence | None:
    if not times or at - times[-1][1] >= _BREAK:
        return None
    start = times[-1][0]
    for began, ended in reversed(times):
        if start - ended >= _BREAK:
            break
        start = began
    minutes = (at - start) // MINUTE
    if minutes * MINUTE < _LONG:
        return None
    return Sentence(
        "You have compared faces for {count} minutes without a break of ten. Eyes tire before one notices.",
        count=minutes,
    )


def _hasty(times: Sequence[tuple[int, int]]) -> Sentence | None:
    taken = [ended - began for began, ended in times]
    if len(taken) < 2 * _FEW or median(taken[-_FEW:]) >= median(taken[:-_FEW]) / 2:
        return None
    return Sentence("Your last ten answers took less than half the time of those before. A short break may help.")


def _erring(trials: Sequence[Trial]) -> Sentence | None:
    if len(trials) < 2 * _FEW:
        return None
    late, early = (sum(map(_is_wrong, part)) / len(part) for part in (trials[-_FEW:], trials[:-_FEW]))
    if late < early + 0.2:
        return None
    return Sentence(
        "Of your last ten control pairs more were wrong than before. A break, or a talk with a senior, may help."
    )


def _is_wrong(trial: Trial) -> bool:
    return trial.answer.says_different if trial.same else trial.answer.says_same
