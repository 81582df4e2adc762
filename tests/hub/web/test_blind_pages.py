"""What a reviewer's browser gets before and after their own answer, byte for byte."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import event

from hub.access.service import Role
from hub.audit.service import AuditAction
from protocol.circumstances import Circumstances
from protocol.ids import CaseId
from protocol.sighting import Chance
from tests.hub.web.conftest import MakePerson
from tests.support.console import Person
from tests.support.desk import Case, Desk, Intake, Look

SCORE, OTHER_SCORE = 0.73918264, 0.41736582
PAGES = (
    "/",
    "/reviews/{}",
    *(f"/reviews/{{}}/{kind}/{side}.jpg" for kind in ("faces", "originals") for side in ("intake", "case")),
    "/queue",
    "/decisions",
    "/accuracy",
    "/alerts",
)


def everything(someone: Person, review: str) -> bytes:
    """Every byte that the console sends to someone who has taken a review: status, headers, bodies and events."""
    received = someone.take(review).content + someone.first_event()
    for path in (*PAGES, "/feed.atom", "/units", "/reviews/{}/score", "/reviews/{}/answer", "/api/reviews/{}"):
        answer = someone.get(path.format(review))
        received += str(answer.status_code).encode() + str(sorted(answer.headers.items())).encode() + answer.content
    # Random tokens and identifiers hold any digits now and then.
    return re.sub(rb"[0-9a-f]{16,64}", b"", received)


def digits(score: float) -> list[bytes]:
    """The ways in which a score could be written."""
    return [
        str(score).encode(),
        f"{score:.2f}".encode(),
        f"{score:.3f}".encode(),
        f"{round(score * 100)}%".encode(),
        f"{round(score * 100)} %".encode(),
        f"{round(score * 1000)}".encode(),
    ]


def test_score_is_absent_from_every_byte_before_the_own_answer(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review(score=SCORE)
    received = everything(person("amina"), review)
    for written in digits(SCORE):
        assert written not in received
    for word in (b"score", b"rank", b"likel", b"probab", b"confiden"):
        assert word not in received.lower()


def test_second_reviewer_sees_neither_score_nor_the_first_answer(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review(score=SCORE)
    person("amina").answer(review, "exclusion", "the ears differ")

    received = everything(person("bimal"), review)

    for written in (*digits(SCORE), b"the ears differ", b"amina"):
        assert written not in received
    assert not re.search(rb" checked|selected", received)


def test_score_with_its_meaning_is_shown_after_the_own_answer(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review(score=SCORE)
    page = person("amina").answer(review, "identification").text
    assert "0.74" in page
    assert "scale from −1 to 1" in page
    assert "not a probability" in page
    assert "%" not in re.sub(r"<[^>]*>", "", page)


def test_nothing_of_chance_or_the_hub_s_own_look_is_in_any_byte_before_the_own_answer(
    desk: Desk, person: MakePerson
) -> None:
    chance = Chance(1 / 4321, 1 / 8765, 1 / 2109, 1 / 4321, counted=True)
    look = Look(replace(chance, value=1 / 3456), enough=False, same_picture=False)
    review = desk.open_review(chance=chance, look=look, comparable=7654, frames=3)
    page = person("amina").answer(review, "exclusion").text
    secrets = ("1 of 4,300", "1 of 8,800", "1 of 2,100", "1 of 3,500", "7,654", "does not bear")
    for words in (*secrets, "would not have named", "not the one that it compared", "3 pictures"):
        assert words in page
        assert words.encode() not in everything(person("bimal"), review)


def test_page_before_the_own_answer_is_the_same_whether_the_hub_agrees_or_not(desk: Desk, person: MakePerson) -> None:
    reviews = [desk.open_review(look=look) for look in (Look(), Look(enough=False, same_picture=False), None)]
    amina = person("amina")
    pages = {amina.take(review).content.replace(review.encode(), b"") for review in reviews}
    assert len(pages) == 1


def test_uncalibrated_finding_says_so_on_the_page(desk: Desk, person: MakePerson) -> None:
    assert "is not calibrated" in person("amina").answer(desk.open_review(chance=None), "identification").text


def test_what_the_child_says_is_told_before_the_own_answer_or_seen_by_nobody_s_leave(
    desk: Desk, person: MakePerson
) -> None:
    sighting = desk.receive(Intake(circumstances=Circumstances(speaks="mai", given_name="<i>মীনা</i>")))
    first = desk.open_candidate(sighting, Case(), score=SCORE, rank=1)
    second = desk.open_candidate(sighting, Case(id=CaseId("bd/c-other")), score=OTHER_SCORE, rank=2)
    words = ("মীনা", "Maithili", "mai<")
    amina = person("amina")
    for review in (first, second):
        for word in words:
            assert word.encode() not in everything(amina, review)
    # The other candidate of the same search is still before her.
    assert "মীনা" not in amina.answer(first, "identification").text
    for word in words:
        assert word.encode() not in everything(amina, second)
    assert AuditAction.NAME_VIEWED not in desk.actions()

    page = amina.answer(second, "exclusion").text
    assert "&lt;i&gt;মীনা&lt;/i&gt;" in page
    assert "Maithili" in page
    assert "মীনা" in amina.get(f"/reviews/{second}").text
    (view,) = [entry for entry in desk.audited() if entry.action is AuditAction.NAME_VIEWED]
    assert (view.actor, view.subject, view.detail) == ("amina", second, {"purpose": "after-answer"})
    for word in words[:2]:
        assert word.encode() not in everything(person("bimal"), first)


def test_negative_score_has_a_true_minus_sign(desk: Desk, person: MakePerson) -> None:
    assert "−0.04" in person("amina").answer(desk.open_review(score=-0.04), "exclusion").text


def test_rank_is_said_only_after_the_last_candidate_of_the_intake(desk: Desk, person: MakePerson) -> None:
    sighting = desk.receive(Intake())
    first = desk.open_candidate(sighting, Case(), score=SCORE, rank=1)
    second = desk.open_candidate(sighting, Case(id=CaseId("bd/c-other")), score=OTHER_SCORE, rank=2)
    amina = person("amina")

    page = amina.answer(first, "identification").text
    assert "when you have answered them" in page
    for written in digits(OTHER_SCORE):
        assert written not in everything(amina, second)
    amina.answer(second, "exclusion")

    assert "this one came in place 1" in amina.get(f"/reviews/{first}").text
    assert "this one came in place 2" in amina.get(f"/reviews/{second}").text


def test_neither_face_nor_page_differs_by_score(desk: Desk, person: MakePerson) -> None:
    low, high = desk.open_review(score=0.501), desk.open_review(score=0.999)
    amina = person("amina")
    for review in (low, high):
        amina.take(review)
    for path in PAGES[1:6]:
        pages = [amina.get(path.format(review)) for review in (low, high)]
        bodies = [page.content.replace(review.encode(), b"") for page, review in zip(pages, (low, high), strict=True)]
        assert bodies[0] == bodies[1]


def test_database_is_asked_other_things_for_a_higher_score(desk: Desk, person: MakePerson) -> None:
    # How long an answer takes follows from what is asked for it: clocks on a busy machine would tell less.
    sighting = desk.receive(Intake())
    found = [
        desk.open_candidate(sighting, Case(id=CaseId(f"bd/c-{rank}")), score=score, rank=rank)
        for rank, score in ((1, 0.99), (2, 0.51))
    ]
    amina = person("amina")
    asked: list[str] = []
    event.listen(desk.database._engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    traces = []
    for review in found:
        asked.clear()
        amina.take(review)
        for path in PAGES[1:6]:
            amina.get(path.format(review))
        # How the audit's tree grows follows from the number of its entries alone.
        traces.append([one.partition("WHERE")[0] for one in asked if "audit_" not in one])
    assert traces[0] == traces[1]


def test_waiting_reviewer_learns_nothing_of_the_second_answer_until_it_decides(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina, bimal = person("amina"), person("bimal")
    amina.answer(review, "identification")
    assert "A second person answers next" in amina.get(f"/reviews/{review}").text

    page = bimal.answer(review, "inconclusive", "too dark").text

    assert "a senior decides" in page
    assert "too dark" not in amina.get(f"/reviews/{review}").text
    desk.add_operator("chandra", Role.SENIOR_REVIEWER)
    assert "Unresolved" in person("chandra").answer(review, "exclusion").text
    assert "too dark" in amina.get(f"/reviews/{review}").text


@pytest.mark.parametrize(("answer", "words"), [("identification", "Confirmed."), ("exclusion", "Rejected.")])
def test_agreement_is_said_to_both(desk: Desk, person: MakePerson, answer: str, words: str) -> None:
    review = desk.open_review()
    amina, bimal = person("amina"), person("bimal")
    amina.answer(review, answer)
    assert words in bimal.answer(review, answer).text
    assert words in amina.get(f"/reviews/{review}").text
