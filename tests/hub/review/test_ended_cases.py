"""People are asked about a child whose case has ended, before pictures that are gone; what they entered stays."""

import pytest

from hub.audit.service import AuditAction
from hub.cases.service import Reason, Register
from hub.erasure.service import Erasure
from hub.review.checklist import Feature, Seen
from hub.review.conclusions import Answer, Outcome
from hub.review.errors import AlreadyDecidedError
from hub.review.model import Draft, ReviewId, Side
from hub.review.views import Stage
from protocol.ids import CaseId
from tests.support.cases import add_case, new_case
from tests.support.desk import MATCH, START, Case, Desk, Intake, Match


def opened(desk: Desk, *names: str) -> tuple[CaseId, ReviewId]:
    """A review of a real case of the register."""
    case = add_case(desk, new_case(f"GD {len(desk.register.known) + 1}/2026", *names))
    return case, desk.open_review(case=Case(id=case))


def erase(desk: Desk, case: CaseId) -> Erasure:
    # Of the desk's two registers, one holds faces and the other the life of cases.
    desk.register.ended.add(case)
    with desk.database.begin() as connection:
        return desk.registers.erasure.erase(connection, case, Reason.FAMILY_ASKED, note="", actor="amina")


def notices(desk: Desk) -> int:
    with desk.database.read() as connection:
        return desk.fleet.waiting_count(connection)


def left(desk: Desk, table: str) -> int:
    with desk.database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_review_of_an_erased_case_stays_in_the_queue(desk: Desk) -> None:
    case, review = opened(desk)
    other = opened(desk)[1]
    desk.take(review, desk.amina)
    draft = Draft(Answer.EXCLUSION, {Feature.EARS: Seen.DIFFERENT}, "the left ear")
    with desk.database.begin() as connection:
        desk.review.keep_draft(connection, review, desk.amina, draft, START)
        desk.review.picture(connection, review, Side.CASE, desk.amina, START)
    removed = {place.place: place.count for place in erase(desk, case).places}
    assert {name: removed[name] for name in ("open reviews", "drafts of answers", "notes of looks")} == {
        "open reviews": 1,
        "drafts of answers": 1,
        "notes of looks": 1,
    }
    assert (left(desk, "drafts"), left(desk, "face_views"), left(desk, "claims")) == (0, 0, 0)
    queue = desk.queue(desk.amina)
    assert [item.review.id for item in (*queue.begun, *queue.to_answer)] == [other]
    assert desk.seen(review, desk.amina).stage is Stage.ENDED
    for operator in (desk.amina, desk.bimal):
        with pytest.raises(AlreadyDecidedError, match="has ended"):
            desk.answer(review, operator, Answer.IDENTIFICATION)
    (entry,) = [one for one in desk.audited() if one.action is AuditAction.REVIEW_ENDED]
    assert (entry.subject, entry.actor, entry.detail) == (review, "amina", {"reason": "case-ended"})


def test_first_answer_is_lost_or_waits_for_ever(desk: Desk) -> None:
    case, review = opened(desk)
    desk.answer(review, desk.amina, Answer.IDENTIFICATION)
    erase(desk, case)
    seen = desk.seen(review, desk.amina)
    assert seen.stage is Stage.ENDED
    assert seen.own is not None
    assert not seen.missing.pictured
    assert desk.queue(desk.amina).answered == ()


def test_decision_goes_with_the_case(desk: Desk) -> None:
    case, review = opened(desk)
    desk.answer(review, desk.amina, Answer.EXCLUSION)
    assert desk.answer(review, desk.bimal, Answer.EXCLUSION) is Outcome.REJECTED
    removed = {place.place: place.count for place in erase(desk, case).places}
    assert removed["open reviews"] == 0
    assert desk.seen(review, desk.amina).stage is Stage.DECIDED


def test_site_waits_for_a_word_on_an_intake_that_nobody_looks_into(desk: Desk) -> None:
    first, second = (add_case(desk, new_case(f"GD {number}")) for number in (1, 2))
    sighting = desk.receive(Intake())
    desk.open_candidate(sighting, Case(id=first))
    desk.open_candidate(sighting, Case(id=second), rank=2)
    erase(desk, first)
    assert notices(desk) == 0
    erase(desk, second)
    assert notices(desk) == 1


def test_found_child_whose_case_has_ended_is_compared(desk: Desk) -> None:
    found = add_case(desk, new_case("S 1", register=Register.FOUND))
    desk.register.known[found] = Case(id=found)
    desk.register.known[Case().id] = Case()
    desk.matches.found.append(Match(found=found))
    with desk.database.begin() as connection:
        assert desk.review.open_matches(connection, START) == 1
    erase(desk, found)
    assert desk.queue(desk.amina).to_answer == ()
    assert desk.matches.taken_up == [MATCH]


def test_intake_of_before_is_put_before_people_without_a_picture_of_the_case(desk: Desk) -> None:
    case = add_case(desk, new_case())
    erase(desk, case)
    with pytest.raises(AssertionError):  # No review is opened.
        desk.open_review(case=Case(id=case))
    assert desk.queue(desk.amina).to_answer == ()
    assert desk.actions()[-1] is AuditAction.REVIEW_NOT_OPENED
