"""Who holds what: no two people do one half, nothing is held for ever, nothing that was entered is lost."""

import threading
from dataclasses import replace

import pytest

from hub.audit.service import AuditAction
from hub.review.conclusions import Answer
from hub.review.errors import TakenError
from hub.review.model import EMPTY_DRAFT, Draft, ReviewId
from hub.review.views import Stage
from hub.sites import Sites
from protocol.ids import SiteId
from tests.support.desk import ALL_SIMILAR, MINUTE, Desk

LEASE = 15 * MINUTE
DRAFT = Draft(Answer.INCONCLUSIVE, ALL_SIMILAR, "a scar over the left brow")


def keep(desk: Desk, review: ReviewId, draft: Draft = DRAFT) -> None:
    with desk.database.begin() as connection:
        desk.review.keep_draft(connection, review, desk.amina, draft, desk.clock())


def test_third_person_is_kept_out_of_two_taken_halves_until_one_is_free(desk: Desk) -> None:
    review, chandra = desk.open_review(), desk.add_operator("chandra")
    desk.take(review, desk.amina)
    desk.take(review, desk.bimal)

    with pytest.raises(TakenError):
        desk.take(review, chandra)
    assert desk.queue(chandra).to_answer == ()
    assert desk.seen(review, chandra).stage is Stage.TAKEN

    with desk.database.begin() as connection:
        desk.review.release(connection, review, desk.bimal, desk.clock())
    desk.take(review, chandra)
    assert desk.seen(review, chandra).stage is Stage.ASKED


def test_lease_that_ran_out_is_taken_over_and_the_late_answer_refused(desk: Desk) -> None:
    review, chandra = desk.open_review(), desk.add_operator("chandra")
    desk.take(review, desk.amina)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)
    desk.clock.now += LEASE
    desk.take(review, chandra)

    with pytest.raises(TakenError, match="What you entered is kept"):
        desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    with pytest.raises(TakenError, match="colleague has taken it"), desk.database.begin() as connection:
        desk.review.renew(connection, review, desk.amina, desk.clock())


def test_renewed_lease_lasts_and_one_that_nobody_took_over_is_still_good(desk: Desk) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)
    for _ in range(3):
        desk.clock.now += LEASE - MINUTE
        with desk.database.begin() as connection:
            desk.review.renew(connection, review, desk.amina, desk.clock())
    assert desk.seen(review, desk.amina).stage is Stage.ASKED
    desk.clock.now += 2 * LEASE
    assert desk.seen(review, desk.amina).stage is Stage.FREE
    desk.answer(review, desk.amina, Answer.EXCLUSION)


def test_one_person_taking_both_halves(desk: Desk) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)
    desk.clock.now += LEASE
    desk.take(review, desk.amina)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)
    assert desk.answer(review, desk.amina, Answer.EXCLUSION) is not None


def test_many_at_once_take_one_half_twice(desk: Desk) -> None:
    review = desk.open_review()
    people = [desk.add_operator(f"person-{number}") for number in range(6)]
    barrier = threading.Barrier(len(people))
    refused: list[str] = []

    def take(index: int) -> None:
        barrier.wait()
        try:
            desk.take(review, people[index])
        except TakenError:
            refused.append(people[index].name)

    threads = [threading.Thread(target=take, args=(index,)) for index in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 4
    assert desk.actions().count(AuditAction.REVIEW_CLAIMED) == 2


def test_next_is_the_one_begun_then_what_is_due_first_and_never_one_that_is_taken(desk: Desk) -> None:
    reviews = []
    for _ in range(3):
        reviews.append(desk.open_review())
        desk.clock.now += 1
    for operator in (desk.bimal, desk.add_operator("chandra")):
        desk.take(reviews[0], operator)

    def next_one() -> ReviewId | None:
        with desk.database.begin() as connection:
            return desk.review.take_next(connection, desk.amina, desk.clock())

    assert next_one() == reviews[1]
    assert next_one() == reviews[1]
    desk.answer(reviews[1], desk.amina, Answer.EXCLUSION)
    assert next_one() == reviews[2]
    desk.answer(reviews[2], desk.amina, Answer.EXCLUSION)
    assert next_one() is None


def test_review_of_a_site_that_one_has_lost_stands_in_the_way(desk: Desk) -> None:
    desk.take(desk.open_review(), desk.amina)
    moved = replace(desk.amina, sites=Sites(frozenset({SiteId("bd/darshana")})))
    assert desk.queue(moved).begun == ()
    with desk.database.begin() as connection:
        assert desk.review.take_next(connection, moved, desk.clock()) is None


def test_draft_is_its_author_s_alone_unreadable_on_disk_and_gone_when_recorded(desk: Desk) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)
    keep(desk, review)

    assert desk.seen(review, desk.amina).draft == DRAFT
    assert desk.seen(review, desk.bimal).draft == EMPTY_DRAFT
    desk.answer(review, desk.amina, Answer.EXCLUSION)
    keep(desk, review)  # A late one of the same page.
    with desk.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM drafts").scalar_one() == 0


def test_draft_is_kept_in_plain_text(desk: Desk) -> None:
    review = desk.open_review()
    keep(desk, review)
    assert b"scar" not in desk.stolen()


def test_drafts_stay_behind_when_others_have_decided(desk: Desk) -> None:
    review, chandra = desk.open_review(), desk.add_operator("chandra")
    desk.take(review, desk.amina)
    keep(desk, review)
    desk.clock.now += LEASE
    for operator in (desk.bimal, chandra):
        desk.answer(review, operator, Answer.EXCLUSION)
    with desk.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM drafts").scalar_one() == 0
    assert desk.seen(review, desk.amina).stage is Stage.CLOSED
