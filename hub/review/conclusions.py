"""What people say of two faces, and what their answers come to. Pure.

The five steps are the scale of facial comparison that FISWG and OSAC use for a conclusion, from identification to
exclusion. A decision always rests on two different people who agree: ADR 0111 says which steps agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """A conclusion on the five-step scale."""

    IDENTIFICATION = "identification"
    SUPPORT_SAME = "support-same"
    INCONCLUSIVE = "inconclusive"
    SUPPORT_DIFFERENT = "support-different"
    EXCLUSION = "exclusion"

    @property
    def says_same(self) -> bool:
        """Whether it leans to one person."""
        return self in _SAME

    @property
    def says_different(self) -> bool:
        """Whether it leans to two people."""
        return self in _DIFFERENT


_SAME: Final = frozenset({Answer.IDENTIFICATION, Answer.SUPPORT_SAME})
_DIFFERENT: Final = frozenset({Answer.SUPPORT_DIFFERENT, Answer.EXCLUSION})


class Outcome(StrEnum):
    """What answers come to. Only `confirmed` raises an alert; `unresolved`: also the senior agreed with nobody."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"


def outcome_of(one: Answer, other: Answer) -> Outcome:
    """What two people's answers come to.

    An alert needs two who lean to the same person, one of them without reserve: support alone is not enough to send
    people to a child's door. Two who lean to different people reject: they need not be as sure, because a rejected
    pair comes back with new evidence.
    """
    both = {one, other}
    if both <= _SAME and Answer.IDENTIFICATION in both:
        return Outcome.CONFIRMED
    if both <= _DIFFERENT:
        return Outcome.REJECTED
    return Outcome.UNRESOLVED


@dataclass(frozen=True, slots=True)
class Agreement:
    """An outcome and the places (from 0) of the two answers that it rests on."""

    outcome: Outcome
    first: int
    second: int


def agreement(answers: Sequence[Answer]) -> Agreement | None:
    """What the answers given so far come to; None while another person is needed.

    A third answer is the senior's: it decides together with whichever of the two it agrees with. Where it agrees
    with neither, the review stays unresolved.
    """
    if len(answers) < 2:
        return None
    pairs = [(0, 1)] if len(answers) == 2 else [(0, 2), (1, 2)]
    for first, second in pairs:
        outcome = outcome_of(answers[first], answers[second])
        if outcome is not Outcome.UNRESOLVED:
            return Agreement(outcome, first, second)
    return None if len(answers) == 2 else Agreement(Outcome.UNRESOLVED, 0, 2)
