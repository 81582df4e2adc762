"""Answers and what they come to."""

import threading
from collections.abc import Callable
from itertools import product

import pytest

from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.dispatch.cap import AlertNameError
from hub.dispatch.service import AlertSettings, AlertStatus, DispatchService
from hub.review.checklist import Checklist, Feature
from hub.review.conclusions import Answer, Outcome, outcome_of
from hub.review.errors import (
    AlreadyAnsweredError,
    AlreadyDecidedError,
    ChecklistError,
    CommentError,
    FacesWithheldError,
    ReviewError,
    UnknownReviewError,
)
from hub.review.model import MAX_COMMENT, Side
from hub.review.service import ReviewService
from hub.review.views import Stage
from hub.sites import EVERY_SITE
from protocol.ids import CaseId, HubId
from protocol.keys import SigningKey
from tests.support.databases import on_sqlite
from tests.support.desk import ALL_SIMILAR, MINUTE, Case, Desk, Intake


@on_sqlite
@pytest.mark.parametrize(("first", "second"), list(product(Answer, Answer)))
def test_only_two_who_agree_raise_an_alert(desk: Desk, first: Answer, second: Answer) -> None:
    review = desk.open_review()

    assert desk.answer(review, desk.amina, first) is None
    outcome = desk.answer(review, desk.bimal, second)

    with desk.database.read() as connection:
        alerts = desk.dispatch.alert_count(connection, EVERY_SITE)
        notices = desk.fleet.waiting_count(connection)
    agreed = outcome_of(first, second)
    assert outcome is (None if agreed is Outcome.UNRESOLVED else agreed)
    assert (alerts, notices) == (int(outcome is Outcome.CONFIRMED), int(outcome is not None))
    assert (AuditAction.CASE_LOCATED in desk.actions()) == (outcome is Outcome.CONFIRMED)


def test_senior_decides_with_whom_they_agree_and_sees_both_only_afterwards(desk: Desk) -> None:
    chandra = desk.add_operator("chandra", Role.SENIOR_REVIEWER)
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SUPPORT_SAME, comment="the ears")
    desk.answer(review, desk.bimal, Answer.EXCLUSION, comment="the nose")
    assert desk.seen(review, desk.amina).stage is Stage.DISPUTED
    assert desk.seen(review, desk.amina).answers == ()
    desk.take(review, chandra)

    before = desk.seen(review, chandra)
    assert (before.stage, before.as_senior, before.machine, before.answers) == (Stage.ASKED, True, None, ())
    assert "the ears" not in repr(before)
    assert desk.answer(review, chandra, Answer.IDENTIFICATION) is Outcome.CONFIRMED
    after = desk.seen(review, chandra)
    assert [given.operator_id for given in after.answers] == [desk.amina.id, desk.bimal.id, chandra.id]
    assert desk.actions().count(AuditAction.ALERT_RAISED) == 1


def test_senior_who_agrees_with_neither_leaves_the_review_unresolved(desk: Desk) -> None:
    chandra = desk.add_operator("chandra", Role.SENIOR_REVIEWER)
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.SUPPORT_SAME)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)

    assert desk.answer(review, chandra, Answer.INCONCLUSIVE) is Outcome.UNRESOLVED
    assert AuditAction.ALERT_RAISED not in desk.actions()
    with pytest.raises(AlreadyDecidedError):
        desk.take(review, desk.add_operator("dipa", Role.SENIOR_REVIEWER))


def test_dispute_is_nobody_s_but_a_senior_s_who_has_not_answered(desk: Desk) -> None:
    review = desk.open_review()
    elder = desk.add_operator("elder", Role.SENIOR_REVIEWER)
    desk.answer(review, elder, Answer.IDENTIFICATION)
    desk.answer(review, desk.bimal, Answer.EXCLUSION)

    with pytest.raises(AlreadyDecidedError):
        desk.take(review, desk.amina)
    with pytest.raises(AlreadyAnsweredError):
        desk.take(review, elder)
    assert desk.queue(desk.amina).to_answer == desk.queue(elder).disputed == ()
    chandra = desk.add_operator("chandra", Role.SENIOR_REVIEWER)
    assert [item.review.id for item in desk.queue(chandra).disputed] == [review]


def test_incomplete_checklist_is_refused_with_what_is_missing(desk: Desk) -> None:
    review = desk.open_review()
    partial: Checklist = {feature: seen for feature, seen in ALL_SIMILAR.items() if feature is not Feature.HAIR_LINE}

    with pytest.raises(ChecklistError, match="hair line"), desk.database.begin() as connection:
        desk.review.answer(
            connection, review, desk.amina, Answer.EXCLUSION, checklist=partial, comment="", at=desk.clock()
        )
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_remark_changes_no_answer_and_needs_one(desk: Desk) -> None:
    review = desk.open_review()

    def remark(text: str) -> None:
        with desk.database.begin() as connection:
            desk.review.remark(connection, review, desk.amina, text, desk.clock())

    with pytest.raises(ReviewError, match="Answer first"):
        remark("early")
    desk.answer(review, desk.amina, Answer.EXCLUSION)
    remark("The score is high; the ears differ all the same.")
    with pytest.raises(CommentError):
        remark(" ")

    seen = desk.seen(review, desk.amina)
    assert [one.text for one in seen.remarks] == ["The score is high; the ears differ all the same."]
    assert seen.own is not None
    assert seen.own.answer is Answer.EXCLUSION
    assert desk.seen(review, desk.bimal).remarks == ()
    assert b"the ears differ" not in desk.stolen()


def test_every_intake_that_was_looked_into_brings_one_notice_of_one_size(desk: Desk) -> None:
    answers = {"call-desk": Answer.IDENTIFICATION, "no-action": Answer.EXCLUSION}
    for answer in answers.values():
        sighting = desk.receive(Intake())
        several = [desk.open_candidate(sighting, Case(id=CaseId(f"bd/c-{answer}-{index}"))) for index in range(3)]
        for review in several:
            desk.answer(review, desk.amina, answer if review == several[0] else Answer.EXCLUSION)
            desk.answer(review, desk.bimal, answer if review == several[0] else Answer.EXCLUSION)
    sent: list[bytes] = []
    with desk.database.read() as connection:
        assert desk.fleet.waiting_count(connection) == 2
    desk.fleet.deliver(lambda _topic, envelope: sent.append(envelope))
    assert len({len(envelope) for envelope in sent}) == 1


def test_second_answer_of_the_same_person_is_refused_in_words(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.INCONCLUSIVE)

    with pytest.raises(AlreadyAnsweredError, match="first answer stands"):
        desk.answer(review, desk.amina, Answer.IDENTIFICATION)

    own = desk.seen(review, desk.amina).own
    assert own is not None
    assert own.answer is Answer.INCONCLUSIVE


def test_third_person_is_told_that_the_review_is_decided(desk: Desk) -> None:
    review = desk.open_review()
    desk.confirm(review)

    with pytest.raises(AlreadyDecidedError):
        desk.answer(review, desk.add_operator("chandra"), Answer.EXCLUSION)


def test_answer_to_an_unknown_review_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownReviewError):
        desk.answer("0" * 16, desk.amina, Answer.IDENTIFICATION)  # type: ignore[arg-type]


def test_two_people_at_once_become_first_and_second(desk: Desk) -> None:
    review = desk.open_review()
    barrier = threading.Barrier(2)
    outcomes: list[Outcome | None] = []

    def answer_at_once(index: int) -> None:
        barrier.wait()
        outcomes.append(desk.answer(review, (desk.amina, desk.bimal)[index], Answer.IDENTIFICATION))

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
            desk.answer(review, desk.amina, Answer.IDENTIFICATION)
        except AlreadyAnsweredError as error:
            refused.append(error)

    _run_together(answer_at_once)

    assert len(refused) == 1
    assert desk.actions().count(AuditAction.REVIEW_ANSWERED) == 1


def test_confirmation_that_cannot_raise_its_alert_leaves_nothing_half_done(desk: Desk) -> None:
    review = desk.open_review()
    broken = DispatchService(
        AlertSettings(HubId("bd"), "https://desk.example", "not a sender", "Desk", AlertStatus.ACTUAL),
        desk.vault,
        SigningKey(b"\7" * 32),
        is_over=lambda _connection, _case: False,
        is_sought=lambda _connection, _case: True,
        known_as=lambda _connection, case: frozenset({case}),
    )
    service = ReviewService(
        desk.database,
        desk.intakes,
        desk.register,
        broken,
        desk.fleet,
        vault=desk.vault,
        matches=desk.matches,
    )
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    before = desk.actions()

    with pytest.raises(AlertNameError), desk.database.begin() as connection:
        service.answer(
            connection,
            review,
            desk.bimal,
            Answer.IDENTIFICATION,
            checklist=ALL_SIMILAR,
            comment="",
            at=desk.clock(),
        )

    assert desk.actions() == before
    assert desk.seen(review, desk.bimal).stage is Stage.FREE


def test_each_step_of_a_confirmation_is_audited_once(desk: Desk) -> None:
    desk.confirm(desk.open_review())

    confirmation = [
        AuditAction.REVIEW_ANSWERED,
        AuditAction.REVIEW_DECIDED,
        AuditAction.CASE_LOCATED,
        AuditAction.ALERT_RAISED,
        AuditAction.ALERT_SENT,
        AuditAction.NOTICE_QUEUED,
    ]
    assert desk.actions()[-6:] == confirmation
    assert {entry.actor for entry in desk.audited()[-5:]} == {"bimal"}


def test_other_reviews_of_a_found_child_stay_open_and_say_so_after_the_answer(desk: Desk) -> None:
    confirmed, open_still = desk.open_review(), desk.open_review(Intake(reference="AAAA-BBBB"))
    other_case = desk.open_review(Intake(), Case(id=CaseId("bd/c-other")))
    desk.confirm(confirmed)

    assert not desk.seen(open_still, desk.amina).confirmed_elsewhere
    for review in (open_still, other_case):
        desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    assert desk.seen(open_still, desk.amina).confirmed_elsewhere
    assert not desk.seen(confirmed, desk.amina).confirmed_elsewhere
    assert not desk.seen(other_case, desk.amina).confirmed_elsewhere
    desk.answer(open_still, desk.bimal, Answer.IDENTIFICATION)
    assert desk.actions().count(AuditAction.CASE_LOCATED) == 1
    assert desk.actions().count(AuditAction.ALERT_RAISED) == 2


def test_case_that_an_intake_names_twice_opens_one_review(desk: Desk) -> None:
    sighting = desk.receive(Intake())
    first, second = (desk.open_candidate(sighting, Case(), rank=rank) for rank in (1, 2))
    assert first == second
    assert desk.actions().count(AuditAction.REVIEW_OPENED) == 1


def test_comment_is_not_readable_in_the_database(desk: Desk) -> None:
    review = desk.open_review()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION, comment="a scar over the left brow")

    with desk.database.read() as connection:
        assert b"scar" not in connection.exec_driver_sql("SELECT sealed_comment FROM answers").scalar_one()
    own = desk.seen(review, desk.amina).own
    assert own is not None
    assert own.comment == "a scar over the left brow"


def test_comment_that_is_too_long_is_refused_before_anything_is_recorded(desk: Desk) -> None:
    review = desk.open_review()

    with pytest.raises(CommentError):
        desk.answer(review, desk.amina, Answer.IDENTIFICATION, comment="x" * (MAX_COMMENT + 1))
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_looking_at_faces_is_audited_once_for_each_person_and_review(desk: Desk) -> None:
    reviews = [desk.open_review(), desk.open_review()]
    for review, operator in product(reviews, (desk.amina, desk.bimal)):
        desk.take(review, operator)

    for _ in range(3):
        for review, operator, side in product(reviews, (desk.amina, desk.bimal), Side):
            with desk.database.begin() as connection:
                assert desk.review.picture(connection, review, side, operator, desk.clock())

    views = [entry for entry in desk.audited() if entry.action is AuditAction.FACES_VIEWED]
    assert len(views) == 4
    assert {(entry.actor, entry.subject) for entry in views} == set(product(("amina", "bimal"), reviews))


def test_later_look_or_one_for_another_purpose_leaves_no_entry(desk: Desk) -> None:
    review = desk.open_review()
    desk.take(review, desk.amina)

    def look() -> None:
        with desk.database.begin() as connection:
            desk.review.picture(connection, review, Side.CASE, desk.amina, desk.clock())

    look()
    for minutes in (14, 14, 1):
        desk.clock.now += minutes * MINUTE
        desk.take(review, desk.amina)
        look()
    desk.clock.now += MINUTE
    look()
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    look()

    purposes = [entry.detail["purpose"] for entry in desk.audited() if entry.action is AuditAction.FACES_VIEWED]
    assert purposes == ["comparing", "comparing", "looking-back"]


def test_faces_are_withheld_from_whoever_neither_holds_nor_answered_the_review(desk: Desk) -> None:
    review = desk.open_review()
    with pytest.raises(FacesWithheldError), desk.database.begin() as connection:
        desk.review.picture(connection, review, Side.CASE, desk.amina, desk.clock())
    desk.confirm(review)
    chandra = desk.add_operator("chandra")

    with pytest.raises(FacesWithheldError), desk.database.begin() as connection:
        desk.review.picture(connection, review, Side.CASE, chandra, desk.clock())
    with desk.database.begin() as connection:
        assert desk.review.picture(connection, review, Side.CASE, desk.amina, desk.clock())


def _run_together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
