"""What answers come to, for every combination of three people's."""

from itertools import product

import pytest

from hub.review.conclusions import Agreement, Answer, Outcome, agreement, outcome_of

EVERY = list(Answer)
THREE = list(product(EVERY, EVERY, EVERY))


@pytest.mark.parametrize(("one", "other"), list(product(EVERY, EVERY)))
def test_pair_is_confirmed_only_by_an_identification_and_no_doubt(one: Answer, other: Answer) -> None:
    outcome = outcome_of(one, other)
    assert outcome is outcome_of(other, one)
    sure = Answer.IDENTIFICATION in {one, other} and one.says_same and other.says_same
    assert (outcome is Outcome.CONFIRMED) == sure
    assert (outcome is Outcome.REJECTED) == (one.says_different and other.says_different)


@pytest.mark.parametrize("answers", THREE)
def test_senior_decides_alone(answers: tuple[Answer, Answer, Answer]) -> None:
    if agreement(answers[:2]) is not None:
        return  # Nobody asks a senior.
    agreed = agreement(answers)
    assert agreed is not None
    assert agreed.second == 2
    assert outcome_of(answers[agreed.first], answers[2]) is agreed.outcome
    if agreed.outcome is Outcome.CONFIRMED:
        assert sum(answer.says_same for answer in answers) >= 2


def test_one_answer_decides() -> None:
    assert agreement([]) is None
    assert agreement([Answer.IDENTIFICATION]) is None


def test_support_of_two_is_sent_to_a_senior() -> None:
    two = [Answer.SUPPORT_SAME, Answer.SUPPORT_SAME]
    assert agreement(two) is None
    assert agreement([*two, Answer.IDENTIFICATION]) == Agreement(Outcome.CONFIRMED, 0, 2)
    assert agreement([*two, Answer.SUPPORT_SAME]) == Agreement(Outcome.UNRESOLVED, 0, 2)
