"""Nobody learns what the machine or a colleague thinks before they have answered."""

import dataclasses

from hub.access.service import Role
from hub.review.conclusions import Answer, Outcome
from hub.review.model import ReviewId
from hub.review.views import Comparison, Stage
from hub.sites import EVERY_SITE
from protocol.ids import CaseId
from tests.support.desk import MINUTE, Case, Desk, Intake

SCORES = (0.987654321, 0.456789123, 0.345678912)


def seen(desk: Desk, review: str, name: str) -> Comparison:
    return desk.seen(ReviewId(review), {"amina": desk.amina, "bimal": desk.bimal}[name])


def test_score_is_not_even_in_memory_before_the_own_answer(desk: Desk) -> None:
    review = desk.open_review(score=SCORES[0])
    desk.answer(review, desk.amina, Answer.IDENTIFICATION, comment="sure of it")

    desk.take(review, desk.bimal)
    before = seen(desk, review, "bimal")

    assert before.stage is Stage.ASKED
    assert before.machine is None
    assert before.answers == ()
    said = repr(dataclasses.asdict(before))
    assert "0.98" not in said
    assert "sure of it" not in said
    after = seen(desk, review, "amina").machine
    assert after is not None
    assert after.raw == SCORES[0]


def test_first_answer_stays_hidden_from_the_first_person_s_own_page_until_decided(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    assert seen(desk, review, "amina").answers == ()

    desk.answer(review, desk.bimal, Answer.EXCLUSION)

    assert seen(desk, review, "amina").answers == ()
    desk.answer(review, desk.add_operator("chandra", Role.SENIOR_REVIEWER), Answer.EXCLUSION)
    assert len(seen(desk, review, "amina").answers) == 3


def test_rank_of_one_candidate_does_not_give_away_the_others(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    reviews = [
        desk.open_candidate(sighting, Case(id=CaseId(f"bd/c-{index}")), score=score, rank=index + 1)
        for index, score in enumerate(SCORES)
    ]

    for review in reviews[:2]:
        desk.answer(review, desk.amina, Answer.EXCLUSION)
    machine = seen(desk, reviews[0], "amina").machine
    assert machine is not None
    assert machine.rank is None

    desk.answer(reviews[2], desk.amina, Answer.EXCLUSION)
    machine = seen(desk, reviews[0], "amina").machine
    assert machine is not None
    assert (machine.rank, machine.candidates) == (1, 3)


def test_order_of_the_queue_says_nothing_of_rank(desk: Desk) -> None:
    first = set()
    for _ in range(20):
        sighting = desk.receive(Intake())
        opened = [desk.open_candidate(sighting, Case(id=CaseId(f"bd/c-{index}")), rank=index + 1) for index in range(3)]
        (line,) = desk.queue(desk.amina).to_answer
        first.add(opened.index(line.review.id))
        for review in opened:
            desk.answer(review, desk.amina, Answer.EXCLUSION)

    # All twenty with the same rank first would be chance of one in a thousand millions.
    assert len(first) > 1


def test_queue_tells_how_many_cases_a_child_resembles_before_they_are_answered(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    opened = {desk.open_candidate(sighting, Case(id=CaseId(f"bd/c-{index}")), rank=index + 1) for index in range(3)}
    other = desk.open_review()
    shown = []
    while lines := [one.review.id for one in desk.queue(desk.amina).to_answer if one.review.id != other]:
        (review,) = lines
        desk.take(review, desk.amina)
        # Nor when it is in somebody's hands, nor by how many are overdue.
        desk.clock.now += 12 * 60 * MINUTE
        desk.take(review, desk.amina)
        queue = desk.queue(desk.amina)
        assert [[one.review.id for one in part] for part in (queue.begun, queue.to_answer)] == [[review], [other]]
        assert queue.overdue == 2
        desk.answer(review, desk.amina, Answer.EXCLUSION)
        shown.append(review)
    assert set(shown) == opened


def test_queue_lists_the_oldest_first_and_what_one_has_answered_apart(desk: Desk) -> None:
    reviews = []
    for _ in range(3):
        reviews.append(desk.open_review())
        desk.clock.now += 1
    desk.answer(reviews[0], desk.amina, Answer.IDENTIFICATION)

    hers, his = desk.queue(desk.amina), desk.queue(desk.bimal)

    assert [item.review.id for item in hers.to_answer] == reviews[1:]
    assert [item.review.id for item in hers.answered] == reviews[:1]
    assert [item.review.id for item in his.to_answer] == reviews


def test_unresolved_review_stays_visible(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    desk.answer(review, desk.bimal, Answer.INCONCLUSIVE)
    desk.answer(review, desk.add_operator("chandra", Role.SENIOR_REVIEWER), Answer.INCONCLUSIVE)

    with desk.database.read() as connection:
        (decided,) = desk.review.decided(connection, EVERY_SITE)
        assert desk.review.open_count(connection) == 0
    assert (decided.review.id, decided.decision.outcome) == (review, Outcome.UNRESOLVED)


def test_machine_stays_unknown_to_whoever_did_not_answer_a_decided_review(desk: Desk) -> None:
    review = desk.open_review()
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    comparison = desk.seen(review, chandra)

    assert comparison.stage is Stage.CLOSED
    assert (comparison.machine, comparison.answers) == (None, ())
