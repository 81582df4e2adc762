"""The pages of the second factor: what they show, what they lose, and what they let through."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hub.access.service import SecondFactorPolicy
from hub.audit.service import AuditAction
from tests.hub.web.conftest import MakePerson
from tests.support.authenticator import Authenticator
from tests.support.console import Person
from tests.support.desk import MINUTE, Desk

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rooms = Desk(tmp_path, second_factor=SecondFactorPolicy.REQUIRED)
    yield rooms
    rooms.database.close()


def hidden(page: requests.Response) -> dict[str, str]:
    return dict(HIDDEN.findall(page.text))


def phone_of(desk: Desk, page: requests.Response) -> Authenticator:
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.text)
    assert found
    return Authenticator(found.group(1), desk.clock)


def set_up(desk: Desk, someone: Person, name: str = "amina") -> Authenticator:
    page = someone.sign_in(name)
    phone = phone_of(desk, page)
    assert someone.post("/sign-in/second-factor", **hidden(page), code=phone.code()).ok
    desk.clock.now += 30_000
    return phone


def test_first_sign_in_leads_past_the_set_up(desk: Desk, person: MakePerson) -> None:
    amina = person()
    page = amina.sign_in("amina")
    assert "Set up your second factor" in page.text
    assert "Sign out" not in page.text
    assert amina.get("/").url.split("?")[0].endswith("/sign-in")
    page = amina.post("/sign-in/second-factor", **hidden(page), code=phone_of(desk, page).code())
    assert len(re.findall(r"<code>[a-z2-7-]{19}</code>", page.text)) == 10
    assert "To review" in amina.get("/").text


def test_mistyped_code_changes_the_secret_that_was_photographed(desk: Desk, person: MakePerson) -> None:
    amina = person()
    page = amina.sign_in("amina")
    phone = phone_of(desk, page)
    again = amina.post("/sign-in/second-factor", **hidden(page), code="12345")
    assert again.status_code == 401
    assert amina.post("/sign-in/second-factor", **hidden(again), code=phone.code()).ok


def test_reloaded_step_is_lost(desk: Desk, person: MakePerson) -> None:
    amina = person()
    amina.sign_in("amina")
    page = amina.get("/sign-in/step")
    assert "Set up your second factor" in page.text
    assert amina.post("/sign-in/second-factor", **hidden(page), code=phone_of(desk, page).code()).ok


def test_page_carries_the_secret_to_another_place(person: MakePerson) -> None:
    page = person().sign_in("amina")
    assert page.headers["Cache-Control"] == "no-store"
    for name, value in re.findall(r' (src|href|action)="([^"]*)"', page.text):
        assert value.startswith(("/", "#")), (name, value)
    assert "otpauth" not in page.text
    assert "style=" not in page.text


def test_code_page_lets_somebody_on_without_a_code(desk: Desk, person: MakePerson) -> None:
    phone = set_up(desk, person())
    amina = person()
    page = amina.sign_in("amina")
    assert "Type the six digits" in page.text
    assert amina.get("/").url.split("?")[0].endswith("/sign-in")
    wrong = amina.post("/sign-in/code", **hidden(page), code="000000")
    assert wrong.status_code == 401
    assert "To review" in amina.post("/sign-in/code", **hidden(wrong), code=phone.code()).text


def test_code_from_another_site_s_form_is_taken(desk: Desk, person: MakePerson) -> None:
    phone = set_up(desk, person())
    amina = person()
    amina.sign_in("amina")
    assert amina.post("/sign-in/code", csrf="0" * 64, code=phone.code()).status_code == 403


def test_too_many_codes_are_answered_without_how_long_to_wait(desk: Desk, person: MakePerson) -> None:
    set_up(desk, person())
    amina = person()
    page = amina.sign_in("amina")
    for _ in range(5):
        page = amina.post("/sign-in/code", **hidden(page), code="000000")
    assert page.status_code == 429
    assert "Wait 10 seconds" in page.text


def test_cookie_of_an_unfinished_sign_in_is_left_behind(desk: Desk, person: MakePerson) -> None:
    amina = person()
    page = amina.sign_in("amina")
    waiting = amina.session.cookies.get("__Host-mca-signing-in")
    assert waiting
    amina.post("/sign-in/second-factor", **hidden(page), code=phone_of(desk, page).code())
    assert "__Host-mca-signing-in" not in amina.session.cookies
    assert amina.session.cookies.get("__Host-mca-session") not in {None, waiting}


def test_ended_session_loses_the_answer_on_the_way_through_the_code(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review()
    amina = person()
    phone = set_up(desk, amina)
    token = amina.token(f"/reviews/{review}")
    desk.clock.now += 31 * MINUTE
    page = amina.post(f"/reviews/{review}/answer", csrf=token, answer="exclusion", comment="another nose")
    assert page.status_code == 401
    page = amina.post("/sign-in", **hidden(page), name="amina", password="x")
    page = amina.post("/sign-in", **hidden(page) | {"name": "amina"}, password="copper lantern walks at noon")
    page = amina.post("/sign-in/code", **hidden(page), code="000000")
    # So late that the unfinished sign-in has ended too.
    desk.clock.now += 11 * MINUTE
    page = amina.post("/sign-in/code", **hidden(page), code=phone.code())
    assert "Sign in again, and you can send it" in page.text
    page = amina.post("/sign-in", **hidden(page), name="amina", password="copper lantern walks at noon")
    page = amina.post("/sign-in/code", **hidden(page), code=phone.code())
    assert "another nose</textarea>" in page.text
    assert amina.answer(review, "exclusion", "another nose").ok
    assert AuditAction.REVIEW_ANSWERED in desk.actions()


def test_account_page_shows_a_secret_or_a_recovery_code(desk: Desk, person: MakePerson) -> None:
    amina = person()
    set_up(desk, amina)
    page = amina.get("/account").text
    assert "10 of 10 recovery codes" in page
    assert not re.search(r"[a-z2-7]{4}-[a-z2-7]{4}-", page)


def test_another_phone_is_set_up_without_a_fresh_proof(desk: Desk, person: MakePerson) -> None:
    amina = person()
    phone = set_up(desk, amina)
    desk.clock.now += 5 * MINUTE
    page = amina.get("/account/second-factor")
    assert page.url.endswith("/confirm?next=/account/second-factor")
    page = amina.post("/confirm", **hidden(page) | {"csrf": amina.token("/account")}, code=phone.code())
    new = phone_of(desk, page)
    form = dict(HIDDEN.findall(page.text.split("<main")[1]))
    page = amina.post("/account/second-factor", **form, code=new.code())
    assert "Your recovery codes" in page.text
    desk.clock.now += MINUTE
    bikash = person()
    page = bikash.sign_in("amina")
    assert bikash.post("/sign-in/code", **hidden(page), code=phone.code()).status_code == 401
    assert bikash.post("/sign-in/code", **hidden(page), code=new.code()).ok


def test_secrets_typed_into_a_form_are_shown_back_after_the_session_ended(desk: Desk, person: MakePerson) -> None:
    amina = person()
    set_up(desk, amina)
    token = amina.token("/account")
    desk.clock.now += 31 * MINUTE
    page = amina.post("/account/password", csrf=token, password="old one", new_password="new one", repeated="new one")
    assert page.status_code == 401
    assert hidden(page)["kept"] == ""
    assert "nothing has been recorded" in page.text
