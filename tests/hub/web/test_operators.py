"""The administrators' pages: what they show once, what they ask for again, and what they lose."""

import re

import pytest
import requests

from hub.access.service import Origin, Role, SignedIn
from hub.audit.service import AuditAction
from hub.sites import Sites
from tests.hub.web.conftest import MakePerson
from tests.support.console import Person
from tests.support.desk import MINUTE, PASSWORD, SITE, Desk

ORIGIN = Origin("10.0.0.5", None)
RIGHTS = {"roles": ["technician", "case-officer"], "reach": "sites", "sites": ["bd/benapole"]}


@pytest.fixture
def farida(desk: Desk, person: MakePerson) -> Person:
    """An administrator. Without a second factor here, she confirms by her password."""
    desk.add_operator("farida", Role.ADMINISTRATOR)
    return person("farida")


def post(someone: Person, path: str, page: str = "/operators", /, **fields: object) -> requests.Response:
    data = {"csrf": someone.token(page), **fields}
    return someone.session.post(someone.url + path, data=data, timeout=60)


def form_in(page: requests.Response) -> list[tuple[str, str]]:
    """The hidden fields of a page's own form, repeated ones too."""
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text.split("<main")[1])


def test_new_operator_gets_more_than_was_ticked(desk: Desk, farida: Person) -> None:
    page = post(farida, "/add-operator", name="chandra", **RIGHTS)
    assert re.search(r'id="start-password">([a-z2-7-]{19})<', page.text)
    with desk.database.read() as connection:
        chandra = desk.access.operators.account(connection, "chandra").operator
    assert chandra.roles == {Role.TECHNICIAN, Role.CASE_OFFICER}
    assert chandra.sites == Sites(frozenset({SITE}))
    added = next(one for one in desk.audited() if one.subject == "chandra")
    assert (added.action, added.actor) == (AuditAction.OPERATOR_ADDED, "farida")
    assert re.search(r"chandra.*Start password", farida.get("/operators").text, re.DOTALL)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Chandra!", "roles": ["reviewer"], "reach": "hub"}, "lower-case letters"),
        ({"name": "amina", "roles": ["reviewer"], "reach": "hub"}, "already"),
        ({"name": "chandra", "reach": "hub"}, "at least one role"),
        ({"name": "chandra", "roles": ["auditor", "reviewer"], "reach": "hub"}, "no other role"),
        ({"name": "chandra", "roles": ["reviewer"], "reach": "sites"}, "at least one site"),
        ({"name": "chandra", "roles": ["reviewer"], "reach": "sites", "sites": ["Benapole"]}, "is not a site"),
    ],
)
def test_mistake_in_the_form_loses_what_was_typed(
    desk: Desk, farida: Person, fields: dict[str, object], said: str
) -> None:
    before = desk.actions()
    page = post(farida, "/add-operator", **fields)
    assert page.status_code == 400
    assert said in page.text
    assert f'value="{fields["name"]}"' in page.text
    assert page.text.count(" checked") == len(fields.get("roles", [])) + 1  # type: ignore[arg-type]
    assert desk.actions() == before


def test_dangerous_page_opens_long_after_the_last_proof(desk: Desk, farida: Person) -> None:
    desk.clock.now += 5 * MINUTE
    assert farida.get("/operators").ok
    for path in ("/add-operator", "/operators/amina"):
        page = farida.get(path)
        assert page.url.endswith(f"/confirm?next={path}")
    page = farida.session.post(farida.url + "/confirm", data=dict(form_in(page)) | {"code": PASSWORD}, timeout=60)
    assert page.url.endswith("/operators/amina")
    assert desk.actions()[-1] is AuditAction.OPERATOR_CONFIRMED


def test_confirmation_that_came_late_loses_what_was_typed(desk: Desk, farida: Person) -> None:
    token = farida.token("/add-operator")
    desk.clock.now += 5 * MINUTE
    data = {"csrf": token, "name": "chandra", **RIGHTS}
    page = farida.session.post(farida.url + "/add-operator", data=data, timeout=60)
    assert page.status_code == 401
    assert "What you typed is kept" in page.text
    wrong = farida.session.post(farida.url + "/confirm", data=dict(form_in(page)) | {"code": "no"}, timeout=60)
    assert wrong.status_code == 401
    page = farida.session.post(farida.url + "/confirm", data=dict(form_in(wrong)) | {"code": PASSWORD}, timeout=60)
    assert "Nothing has been recorded yet" in page.text
    assert "chandra" not in farida.get("/operators").text
    page = farida.session.post(farida.url + "/add-operator", data=form_in(page), timeout=60)
    assert "Start password of chandra" in page.text
    with desk.database.read() as connection:
        assert desk.access.operators.account(connection, "chandra").operator.roles == {
            Role.TECHNICIAN,
            Role.CASE_OFFICER,
        }


def test_confirmation_is_given_by_guessing_the_password(desk: Desk, farida: Person) -> None:
    desk.clock.now += 5 * MINUTE
    page = farida.get("/add-operator")
    for _ in range(6):
        page = farida.session.post(farida.url + "/confirm", data=dict(form_in(page)) | {"code": "no"}, timeout=60)
    assert "Too many attempts" in page.text
    assert farida.get("/add-operator").url.endswith("/confirm?next=/add-operator")


@pytest.mark.parametrize("act", ["disable", "reset-second-factor", "start-password", "rights"])
def test_act_goes_through_without_a_fresh_proof(desk: Desk, farida: Person, act: str) -> None:
    before = desk.actions()
    desk.clock.now += 5 * MINUTE
    page = post(farida, f"/operators/amina/{act}", **RIGHTS)
    assert page.status_code == 401
    assert desk.actions() == before


def test_closed_account_keeps_its_open_window(farida: Person, person: MakePerson) -> None:
    amina = person("amina")
    assert "Closed" in post(farida, "/operators/amina/disable").text
    assert amina.get("/").url.split("?")[0].endswith("/sign-in")
    assert person().sign_in("amina").status_code == 401
    assert "Open the account again" in farida.get("/operators/amina").text
    post(farida, "/operators/amina/enable")
    assert person().sign_in("amina").ok


def test_role_that_was_taken_away_still_opens_its_pages(farida: Person, person: MakePerson) -> None:
    amina = person("amina")
    assert amina.get("/").ok
    post(farida, "/operators/amina/rights", roles=["dispatcher"], reach="hub")
    assert amina.get("/").status_code == 403
    assert amina.get("/alerts").ok


@pytest.mark.parametrize("act", ["disable", "reset-second-factor", "start-password", "rights"])
def test_administrator_locks_themselves_out(desk: Desk, farida: Person, act: str) -> None:
    before = desk.actions()
    answer = post(farida, f"/operators/farida/{act}", **RIGHTS)
    assert answer.status_code == 403
    assert "your own account" in answer.text
    assert desk.actions() == before
    assert "<button" not in farida.get("/operators/farida").text.split("<main")[1]


def test_operator_who_does_not_exist_is_answered_with_an_error_page_of_the_server(farida: Person) -> None:
    assert farida.get("/operators/nobody").status_code == 404
    assert post(farida, "/operators/nobody/disable").status_code == 404


def test_start_password_is_shown_again_or_written_down(desk: Desk, farida: Person) -> None:
    page = post(farida, "/operators/amina/start-password")
    found = re.search(r'id="start-password">([a-z2-7-]{19})<', page.text)
    assert found
    assert found.group(1) not in farida.get("/operators/amina").text
    assert all(found.group(1) not in str(entry) for entry in desk.audited())


def test_own_password_is_changed_by_who_finds_an_open_window(desk: Desk, person: MakePerson) -> None:
    amina = person("amina")
    new = "seven quiet rivers bend"
    fields = {"new_password": new, "repeated": new}
    assert post(amina, "/account/password", "/account", password="wrong", **fields).status_code == 400
    unequal = post(amina, "/account/password", "/account", password=PASSWORD, new_password=new, repeated=new + "!")
    assert "differ" in unequal.text
    assert "has been changed" in post(amina, "/account/password", "/account", password=PASSWORD, **fields).text
    assert isinstance(desk.access.sign_ins.begin("amina", new, ORIGIN), SignedIn)


def test_auditor_reads_everything_but_faces_scores_and_names_of_children(desk: Desk, person: MakePerson) -> None:
    review = desk.open_review(score=0.7391)
    amina = person("amina")
    amina.take(review)
    amina.get(f"/reviews/{review}/faces/case.jpg")
    desk.confirm(review)
    desk.add_operator("omar", Role.AUDITOR)
    omar = person("omar")
    page = omar.get("/audit").text
    for action in ("review.faces-viewed", "review.answered", "alert.raised", "operator.signed-in"):
        assert action in page
    assert "GD 123/2026" not in page
    assert "0.73" not in page
    for path in (f"/reviews/{review}/faces/case.jpg", f"/reviews/{review}", "/", "/alerts", "/operators"):
        assert omar.get(path).status_code == 403
    assert "audit.viewed" in omar.get("/audit").text


def test_trail_of_many_entries_repeats_or_skips_some(desk: Desk, person: MakePerson) -> None:
    for _ in range(60):
        desk.open_review()
    desk.add_operator("omar", Role.AUDITOR)
    omar, seen, path = person("omar"), list[int](), "/audit"
    for _ in range(9):
        page = omar.get(path).text
        seen += map(int, re.findall(r'<th scope="row">(\d+)</th>', page))
        older = re.search(r"/audit\?before=\d+", page)
        if older is None:
            break
        path = older.group(0)
    assert seen == list(range(seen[0], 0, -1))
    about = omar.get("/audit?about=amina").text
    assert set(re.findall(r'<td class="long">([^<]*)</td>\s*<td class="long">', about)) == {"amina"}
    assert "no entry about nobody" in omar.get("/audit?about=nobody").text
    assert omar.get("/audit?before=0").status_code == 400
