"""What control pairs show of somebody, and what speaks for a break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import MINUTE
from hub.review.accuracy import accuracy, hints, rate
from hub.review.conclusions import Answer
from hub.review.model import Trial


def trial(answer: Answer, *, same: bool, at: int = 0) -> Trial:
    return Trial(same, answer, at, at)


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_interval_is_not_wilson_s(errors: int, trials: int, low: float, high: float) -> None:
    found = rate(errors, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_interval_leaves_0_to_1_or_its_own_share(errors: int, more: int) -> None:
    found = rate(errors, errors + more)
    assert 0 <= found.low <= found.high <= 1
    if found.trials:
        assert found.low - 1e-9 <= errors / found.trials <= found.high + 1e-9


def test_doubt_counts_as_a_miss_or_a_false_alarm() -> None:
    found = accuracy(
        [
            trial(Answer.EXCLUSION, same=True),
            trial(Answer.SUPPORT_DIFFERENT, same=True),
            trial(Answer.INCONCLUSIVE, same=True),
            trial(Answer.IDENTIFICATION, same=True),
            trial(Answer.SUPPORT_SAME, same=False),
            trial(Answer.INCONCLUSIVE, same=False),
        ]
    )
    assert (found.misses.errors, found.misses.trials) == (2, 4)
    assert (found.false_alarms.errors, found.false_alarms.trials) == (1, 2)
    assert found.undecided == 2


def test_long_stretch_without_a_break_goes_unnoticed() -> None:
    stretch = [(number * 5 * MINUTE, number * 5 * MINUTE + 3 * MINUTE) for number in range(20)]
    (said,) = hints(stretch, [], 98 * MINUTE)
    assert "98 minutes" in said
    assert hints(stretch, [], 98 * MINUTE + 10 * MINUTE) == ()
    broken = [*stretch[:10], *((begun + 12 * MINUTE, ended + 12 * MINUTE) for begun, ended in stretch[10:])]
    assert hints(broken, [], 110 * MINUTE) == ()


def test_haste_goes_unnoticed() -> None:
    calm = [(number * 20 * MINUTE, number * 20 * MINUTE + 4 * MINUTE) for number in range(10)]
    hasty = [(number * 20 * MINUTE, number * 20 * MINUTE + MINUTE) for number in range(10, 20)]
    (said,) = hints([*calm, *hasty], [], 20 * 20 * MINUTE)
    assert "less than half" in said
    assert hints([*hasty, *calm], [], 20 * 20 * MINUTE) == ()


def test_rising_errors_go_unnoticed() -> None:
    right = [trial(Answer.IDENTIFICATION, same=True)] * 20
    wrong = [*right[:17], *[trial(Answer.EXCLUSION, same=True)] * 3]
    assert hints([], right, 0) == ()
    (said,) = hints([], wrong, 0)
    assert "more were wrong" in said
