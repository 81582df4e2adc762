"""Forms: that they come from the person they seem to come from, and that no answer is lost on the way."""

import gc
import re

import pytest

from hub.audit.service import AuditAction
from tests.hub.web.conftest import MakePerson
from tests.support.console import CHECKLIST, Person
from tests.support.desk import MINUTE, PASSWORD, Desk

KEPT = re.compile(r'name="kept" value="([^"]*)"')


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


@pytest.mark.parametrize("token", ["", "0" * 64, "é" * 32])
def test_form_without_the_right_token_records_nothing(desk: Desk, person: MakePerson, token: str) -> None:
    review = desk.open_review()
    answer = person("amina").post(f"/reviews/{review}/answer", csrf=token, answer="identification")
    assert answer.status_code == 403
    assert "nothing has been recorded" in answer.text
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_answer_of_many_short_lines_is_refused_as_too_long(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    assert person("amina").answer(review, "identification", "a\r\n" * 1000).ok
    own = desk.seen(review, desk.amina).own
    assert own
    assert own.comment == ("a\n" * 1000).strip()


def test_form_with_no_token_at_all_records_nothing(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    answer = person("amina").post(f"/reviews/{review}/answer", answer="identification")
    assert answer.status_code in {400, 403}
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_token_of_a_colleague_does_not_fit(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    token = person("bimal").token("/")
    assert person("amina").post(f"/reviews/{review}/answer", csrf=token, answer="identification").status_code == 403


def test_token_of_an_earlier_sign_in_does_not_fit(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person("amina")
    token = amina.token("/")
    amina.sign_in("amina")
    assert amina.post(f"/reviews/{review}/answer", csrf=token, answer="identification").status_code == 403


def test_another_site_cannot_sign_someone_in(person: MakePerson) -> None:
    answer = person().post("/sign-in", csrf="0" * 64, name="amina", password=PASSWORD)
    assert answer.status_code == 403


def test_another_site_cannot_sign_someone_out(person: MakePerson) -> None:
    amina = person("amina")
    assert amina.post("/sign-out", csrf="0" * 64).status_code == 403
    assert "amina" in amina.get("/").text


def _answer_after_the_session_ended(desk: Desk, someone: Person, review: str) -> str:
    token = someone.token(f"/reviews/{review}")
    desk.clock.now += 31 * MINUTE
    page = someone.post(f"/reviews/{review}/answer", csrf=token, answer="exclusion", comment="another nose")
    assert page.status_code == 401
    assert "nothing has been recorded yet" in page.text
    return page.text


def test_ended_session_loses_no_answer(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person("amina")
    page = _answer_after_the_session_ended(desk, amina, review)
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()

    # A mistyped password on the way loses nothing either.
    page = amina.post("/sign-in", csrf=hidden(page, "csrf"), kept=hidden(page, "kept"), name="amina", password="x").text
    page = amina.post(
        "/sign-in", csrf=hidden(page, "csrf"), kept=hidden(page, "kept"), name="amina", password=PASSWORD
    ).text
    assert "another nose</textarea>" in page
    assert re.search(r'value="exclusion" required checked', page)
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()
    sent = amina.answer(review, "exclusion", "another nose")

    assert "Your answer is recorded" in sent.text
    assert "another nose" in sent.text


def test_colleague_who_signs_in_at_the_same_screen_does_not_see_the_answer(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person("amina")
    page = _answer_after_the_session_ended(desk, amina, review)
    for said in ("exclusion", "another nose"):
        assert said not in page

    after = amina.post(
        "/sign-in", csrf=hidden(page, "csrf"), kept=hidden(page, "kept"), name="bimal", password=PASSWORD
    )

    assert after.url.endswith("/")
    assert "another nose" not in after.text


def test_answer_that_cannot_be_kept_says_that_it_is_not_recorded(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    page = person().post(f"/reviews/{review}/answer", csrf="x", answer="identification")
    assert page.status_code == 401
    assert "nothing has been recorded" in page.text
    assert hidden(page.text, "kept") == ""


def test_second_submission_of_the_same_person_is_answered_in_words(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person("amina")
    token = amina.token(f"/reviews/{review}")
    assert amina.post(f"/reviews/{review}/answer", csrf=token, answer="identification", **CHECKLIST).ok
    again = amina.post(f"/reviews/{review}/answer", csrf=token, answer="exclusion", **CHECKLIST)
    assert again.status_code == 409
    assert "Your first answer stands" in again.text


def test_third_person_s_answer_is_answered_in_words(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    desk.add_operator("chandra")
    chandra = person("chandra")
    token = chandra.token(f"/reviews/{review}")
    desk.confirm(review)
    late = chandra.post(f"/reviews/{review}/answer", csrf=token, answer="identification", **CHECKLIST)
    assert late.status_code == 409
    assert "Colleagues have answered this review meanwhile" in late.text


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": "maybe"},
        {},
        {"answer": "exclusion", "operator": "bimal"},
        {"answer": "exclusion", "comment": "x" * 2001, **CHECKLIST},
        {"answer": "exclusion", "eyes": "lovely"},
    ],
)
def test_form_with_something_wrong_in_it_records_nothing(
    desk: Desk, person: MakePerson, fields: dict[str, str]
) -> None:
    review = desk.open_review()
    amina = person("amina")
    answer = amina.post(f"/reviews/{review}/answer", csrf=amina.token("/"), **fields)
    assert answer.status_code == 400
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_form_of_unreasonable_size_is_read_or_refused_without_a_page(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person("amina")
    amina.session.headers["Accept-Language"] = "hi"
    answer = amina.post(f"/reviews/{review}/answer", csrf=amina.token("/"), answer="exclusion", comment="x" * 70_000)
    assert answer.status_code == 413
    assert '<html lang="hi">' in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert AuditAction.REVIEW_ANSWERED not in desk.actions()


def test_what_people_type_is_shown_as_text_and_never_as_html(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    page = person("amina").answer(review, "identification", "<script>alert('নমস্কার')</script>")
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(&#39;নমস্কার&#39;)" in page.text


@pytest.mark.parametrize("token_fits", [True, False])
def test_file_that_no_route_asks_for_is_never_closed(person: MakePerson, *, token_fits: bool) -> None:
    amina = person("amina")
    form = {"csrf": amina.token("/account") if token_fits else "0" * 64}
    sent = amina.session.post(f"{amina.url}/reviews/next", data=form, files={"face": ("a.jpg", b"a" * 1000)})
    assert sent.status_code == (200 if token_fits else 403)
    gc.collect()  # What is still open then warns of itself, and every warning is an error.
