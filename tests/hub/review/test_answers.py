"""Answers and what they come to."""

import threading
from collections.abc import Callable
from itertools import product

import pytest

from hub.audit.service import AuditAction
from hub.dispatch.cap import AlertNameError
from hub.dispatch.service import AlertSettings, AlertStatus, DispatchService, Recipients
from hub.review.model import (
    MAX_COMMENT,
    AlreadyAnsweredError,
    AlreadyDecidedError,
    Answer,
    CommentError,
    FacesWithheldError,
    Outcome,
    Side,
    Stage,
    UnknownReviewError,
)
from hub.review.service import ReviewService
from hub.sites import EVERY_SITE
from protocol.ids import CaseId, HubId
from tests.support.desk import MINUTE, Case, Desk, Intake


@pytest.mark.parametrize(("first", "second"), list(product(Answer, Answer)))
def test_only_two_times_same_raises_an_alert(desk: Desk, first: Answer, second: Answer) -> None:
    review = desk.open_review()

    assert desk.answer(review, desk.amina, first) is None
    outcome = desk.answer(review, desk.bimal, second)

    with desk.database.read() as connection:
        alerts = desk.dispatch.alert_count(connection, EVERY_SITE)
        notices = desk.fleet.waiting_count(connection)
    both = {first, second}
    assert outcome is {
        frozenset({Answer.SAME}): Outcome.CONFIRMED,
        frozenset({Answer.DIFFERENT}): Outcome.REJECTED,
    }.get(frozenset(both), Outcome.UNRESOLVED)
    assert (alerts, notices) == ((1, 1) if outcome is Outcome.CONFIRMED else (0, 0))
    assert (AuditAction.CASE_LOCATED in desk.actions()) == (outcome is Outcome.CONFIRMED)


def test_second_answer_of_the_same_person_is_refused_in_words(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.CANNOT_TELL)

    with pytest.raises(AlreadyAnsweredError, match="first answer stands"):
        desk.answer(review, desk.amina, Answer.SAME)

    with desk.database.read() as connection:
        own = desk.review.comparison(connection, review, desk.amina).own
    assert own is not None
    assert own.answer is Answer.CANNOT_TELL


def test_third_person_is_told_that_the_review_is_decided(desk: Desk) -> None:
    review = desk.open_review()
    desk.confirm(review)

    with pytest.raises(AlreadyDecidedError):
        desk.answer(review, desk.add_operator("chandra"), Answer.DIFFERENT)


def test_answer_to_an_unknown_review_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownReviewError):
        desk.answer("0" * 16, desk.amina, Answer.SAME)  # type: ignore[arg-type]


def test_two_people_at_once_become_first_and_second(desk: Desk) -> None:
    review = desk.open_review()
    barrier = threading.Barrier(2)
    outcomes: list[Outcome | None] = []

    def answer_at_once(index: int) -> None:
        barrier.wait()
        outcomes.append(desk.answer(review, (desk.amina, desk.bimal)[index], Answer.SAME))

    _run_together(answer_at_once)

    assert sorted(outcomes, key=str) == [None, Outcome.CONFIRMED]
    assert desk.actions().count(AuditAction.ALERT_RAISED) == 1


def test_one_person_submitting_twice_at_once_answers_once(desk: Desk) -> None:
    review = desk.open_review()
    barrier = threading.Barrier(2)
    refused: list[AlreadyAnsweredError] = []

    def answer_at_once(_index: int) -> None:
        barrier.wait()
        try:
            desk.answer(review, desk.amina, Answer.SAME)
        except AlreadyAnsweredError as error:
            refused.append(error)

    _run_together(answer_at_once)

    assert len(refused) == 1
    assert desk.actions().count(AuditAction.REVIEW_ANSWERED) == 1


def test_confirmation_that_cannot_raise_its_alert_leaves_nothing_half_done(desk: Desk) -> None:
    review = desk.open_review()
    broken = DispatchService(
        AlertSettings(HubId("bd"), "https://desk.example", "not a sender", "Desk", AlertStatus.ACTUAL), Recipients()
    )
    service = ReviewService(desk.intakes, desk.register, broken, desk.fleet, vault=desk.vault)
    desk.answer(review, desk.amina, Answer.SAME)
    before = desk.actions()

    with pytest.raises(AlertNameError), desk.database.begin() as connection:
        service.answer(connection, review, desk.bimal, Answer.SAME, comment="", at=desk.clock())

    assert desk.actions() == before
    with desk.database.read() as connection:
        assert desk.review.comparison(connection, review, desk.bimal).stage is Stage.ASKED


def test_each_step_of_a_confirmation_is_audited_once(desk: Desk) -> None:
    desk.confirm(desk.open_review())

    confirmation = [
        AuditAction.REVIEW_ANSWERED,
        AuditAction.REVIEW_DECIDED,
        AuditAction.CASE_LOCATED,
        AuditAction.ALERT_RAISED,
        AuditAction.NOTICE_QUEUED,
    ]
    assert desk.actions()[-5:] == confirmation
    assert {entry.actor for entry in desk.audited()[-5:]} == {"bimal"}


def test_other_reviews_of_a_found_child_stay_open_and_say_so(desk: Desk) -> None:
    confirmed, open_still = desk.open_review(), desk.open_review(Intake(reference="AAAA-BBBB"))
    other_case = desk.open_review(Intake(), Case(id=CaseId("bd/c-other")))
    desk.confirm(confirmed)

    with desk.database.read() as connection:
        assert desk.review.comparison(connection, open_still, desk.amina).confirmed_elsewhere
        assert not desk.review.comparison(connection, confirmed, desk.amina).confirmed_elsewhere
        assert not desk.review.comparison(connection, other_case, desk.amina).confirmed_elsewhere
    desk.confirm(open_still)
    assert desk.actions().count(AuditAction.CASE_LOCATED) == 1
    assert desk.actions().count(AuditAction.ALERT_RAISED) == 2


def test_case_that_an_intake_names_twice_opens_one_review(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    first, second = (desk.open_candidate(sighting, Case(), rank=rank) for rank in (1, 2))
    assert first == second
    assert desk.actions().count(AuditAction.REVIEW_OPENED) == 1


def test_comment_is_not_readable_in_the_database(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SAME, comment="a scar over the left brow")

    with desk.database.read() as connection:
        assert b"scar" not in connection.exec_driver_sql("SELECT comment FROM answers").scalar_one()
    with desk.database.read() as connection:
        own = desk.review.comparison(connection, review, desk.amina).own
    assert own is not None
    assert own.comment == "a scar over the left brow"


def test_comment_that_is_too_long_is_refused_before_anything_is_recorded(desk: Desk) -> None:
    review = desk.open_review()

    with pytest.raises(CommentError):
        desk.answer(review, desk.amina, Answer.SAME, comment="x" * (MAX_COMMENT + 1))
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_looking_at_faces_is_audited_once_for_each_person_and_review(desk: Desk) -> None:
    reviews = [desk.open_review(), desk.open_review()]

    for _ in range(3):
        for review, operator, side in product(reviews, (desk.amina, desk.bimal), Side):
            with desk.database.begin() as connection:
                assert desk.review.face(connection, review, side, operator, desk.clock())

    views = [entry for entry in desk.audited() if entry.action is AuditAction.FACES_VIEWED]
    assert len(views) == 4
    assert {(entry.actor, entry.subject) for entry in views} == set(product(("amina", "bimal"), reviews))


def test_later_look_or_one_for_another_purpose_leaves_no_entry(desk: Desk) -> None:
    review = desk.open_review()

    def look() -> None:
        with desk.database.begin() as connection:
            desk.review.face(connection, review, Side.CASE, desk.amina, desk.clock())

    look()
    desk.clock.now += 29 * MINUTE
    look()
    desk.clock.now += MINUTE
    look()
    desk.answer(review, desk.amina, Answer.SAME)
    look()

    purposes = [entry.detail["purpose"] for entry in desk.audited() if entry.action is AuditAction.FACES_VIEWED]
    assert purposes == ["comparing", "comparing", "looking-back"]


def test_faces_of_a_decided_review_are_withheld_from_everyone_else(desk: Desk) -> None:
    review = desk.open_review()
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    with pytest.raises(FacesWithheldError), desk.database.begin() as connection:
        desk.review.face(connection, review, Side.CASE, chandra, desk.clock())
    with desk.database.begin() as connection:
        assert desk.review.face(connection, review, Side.CASE, desk.amina, desk.clock())


def _run_together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
