"""The pages of the sign-in at an identity provider: where they lead, what they keep, and whom they let in."""

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from hub.access.service import ProviderAccount, Role, SecondFactorPolicy
from hub.guard import PROVIDER_COOKIE, SESSION_COOKIE
from hub.web import build_console
from tests.hub.web.conftest import MakePerson
from tests.hub.web.test_second_factor import hidden
from tests.support.console import ConsoleServer, Person
from tests.support.desk import MINUTE, Desk, SetClock
from tests.support.late_app import LateApp
from tests.support.provider import Provider

LEAD = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')
DANGEROUS = "/operators/amina"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(tmp_path, SetClock()) as running:
        running.extra = {"amr": ["mfa"]}
        yield running


@pytest.fixture
def late() -> LateApp:
    return LateApp()


@pytest.fixture
def console(late: LateApp, tmp_path: Path) -> Iterator[ConsoleServer]:
    with ConsoleServer(late, tmp_path) as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, console: ConsoleServer, late: LateApp, provider: Provider) -> Iterator[Desk]:
    """Farida and hasan are administrators; hasan signs in at the provider, where he is s-1."""
    settings = provider.settings(console.url, amr=frozenset({"mfa"}))
    rooms = Desk(tmp_path, clock=provider.clock, provider=settings, second_factor=SecondFactorPolicy.OPTIONAL)
    for name in ("farida", "hasan"):
        rooms.add_operator(name, Role.ADMINISTRATOR)
    with rooms.database.begin() as connection:
        there = ProviderAccount(provider.issuer, "s-1")
        rooms.access.operators.link(connection, "hasan", there, gives_roles=False, at=1, actor="farida")
    late.app = build_console(rooms.services)
    yield rooms
    rooms.database.close()


Meet = Callable[[], Person]


@pytest.fixture
def meet(person: MakePerson, desk: Desk) -> Meet:
    return person


def lead(page: requests.Response) -> str:
    """Where a page goes on to by itself."""
    found = LEAD.search(page.text)
    assert found, page.text
    return html.unescape(found.group(1))


def leave(someone: Person, **fields: str) -> str:
    """To the provider; its address."""
    given = {"csrf": someone.token("/sign-in"), "next": "", "kept": "", **fields}
    return lead(someone.post("/sign-in/provider", **given))


def arrive(someone: Person, back: str) -> requests.Response:
    """From the provider."""
    return someone.get(back.removeprefix(someone.url))


def sign_in(someone: Person, provider: Provider, **fields: str) -> requests.Response:
    return arrive(someone, provider.approve(leave(someone, **fields)))


def test_button_is_there_only_where_a_provider_is(meet: Meet, late: LateApp, tmp_path: Path) -> None:
    someone = meet()
    assert "Sign in with Police ID" in someone.get("/sign-in").text
    (tmp_path / "plain").mkdir()
    plain = Desk(tmp_path / "plain")
    late.app = build_console(plain.services)
    page = someone.get("/sign-in")
    assert "/sign-in/provider" not in page.text
    assert someone.post("/sign-in/provider", csrf=someone.token("/sign-in")).status_code == 400
    assert someone.get("/sign-in/provider/answer?code=1&state=2").status_code == 400
    plain.database.close()


def test_sign_in_at_the_provider_goes_on_to_where_the_person_wanted(meet: Meet, provider: Provider) -> None:
    hasan = meet()
    page = sign_in(hasan, provider, next="/recipients")
    assert lead(page) == "/recipients"
    assert hasan.get("/recipients").ok
    assert "Sign out" in hasan.get("/account").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:0"])
def test_nobody_is_led_to_another_site_afterwards(meet: Meet, provider: Provider, elsewhere: str) -> None:
    assert lead(sign_in(meet(), provider, next=elsewhere)) == "/recipients"


def test_answer_in_a_browser_that_asked_nothing_signs_nobody_in(meet: Meet, provider: Provider) -> None:
    attacker, victim = meet(), meet()
    back = provider.approve(leave(attacker))
    for someone in (victim, attacker):
        leave(someone)  # And one that has begun something else since.
        page = arrive(someone, back)
        assert page.status_code == 401
        assert "nobody has been signed in" in page.text
        assert SESSION_COOKIE not in someone.session.cookies


def test_other_site_cannot_begin_it(meet: Meet) -> None:
    someone = meet()
    assert someone.post("/sign-in/provider", next="", kept="").status_code == 403
    assert someone.post("/sign-in/provider", next="", kept="", csrf="0" * 64).status_code == 403
    assert someone.get("/sign-in/provider").status_code == 405


def test_only_the_passing_cookie_comes_along_from_the_provider(meet: Meet, provider: Provider) -> None:
    hasan = meet()
    token = hasan.token("/sign-in")
    page = hasan.post("/sign-in/provider", csrf=token, next="", kept="")
    (set_cookie,) = page.raw.headers.getlist("Set-Cookie")
    assert set_cookie.startswith(f"{PROVIDER_COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(set_cookie.split("; "))
    page = arrive(hasan, provider.approve(lead(page)))
    for one in page.raw.headers.getlist("Set-Cookie"):
        assert "SameSite=strict" in one
        assert "HttpOnly" in one
    assert PROVIDER_COOKIE not in hasan.session.cookies


def test_provider_that_is_down_leaves_the_password(meet: Meet, provider: Provider) -> None:
    someone = meet()
    provider.broken = True
    page = someone.post("/sign-in/provider", csrf=someone.token("/sign-in"), next="", kept="")
    assert page.status_code == 503
    assert "cannot be reached" in page.text
    assert someone.sign_in("farida").ok
    assert "Sign out" in someone.get("/account").text


def test_words_of_the_provider_are_not_shown(meet: Meet, provider: Provider) -> None:
    someone = meet()
    state = provider.approve(leave(someone)).split("state=")[1].split("&")[0]
    wrong = (
        f"/sign-in/provider/answer?error=%3Cscript%3E&error_description=call+0900&state={state}&iss={provider.issuer}"
    )
    page = someone.get(wrong)
    assert page.status_code == 401
    assert "script>" not in page.text.replace('src="', "")
    assert "0900" not in page.text


def test_form_of_an_ended_session_survives_the_way_to_the_provider(meet: Meet, provider: Provider, desk: Desk) -> None:
    hasan = meet()
    sign_in(hasan, provider)
    token = hasan.token("/account")
    desk.clock.now += 13 * 60 * MINUTE
    asked = hasan.post("/recipients", csrf=token, name="A desk that was typed", kind="police-desk")
    assert asked.status_code == 401
    fields = hidden(asked)
    assert fields["kept"]
    page = sign_in(hasan, provider, kept=fields["kept"])
    assert "A desk that was typed" in page.text


def confirm(hasan: Person, provider: Provider, subject: str = "s-1") -> requests.Response:
    page = hasan.get(DANGEROUS)
    assert "Confirm it with Police ID" in page.text
    assert "Your password" not in page.text
    out = hasan.post("/confirm/provider", **hidden(page))
    assert "prompt=login" in lead(out)
    return arrive(hasan, provider.approve(lead(out), subject))


def test_dangerous_page_opens_after_the_provider_has_asked_again(meet: Meet, provider: Provider, desk: Desk) -> None:
    hasan = meet()
    sign_in(hasan, provider)
    desk.clock.now += 6 * MINUTE
    assert lead(confirm(hasan, provider)) == DANGEROUS
    assert "Roles and sites" in hasan.get(DANGEROUS).text


def test_colleague_confirms_nothing_in_somebody_elses_window(meet: Meet, provider: Provider, desk: Desk) -> None:
    with desk.database.begin() as connection:
        there = ProviderAccount(provider.issuer, "s-2")
        desk.access.operators.link(connection, "bimal", there, gives_roles=False, at=1, actor="farida")
    hasan = meet()
    sign_in(hasan, provider)
    desk.clock.now += 6 * MINUTE
    page = confirm(hasan, provider, "s-2")
    assert page.status_code == 401
    assert "Confirm that it is you" in hasan.get(DANGEROUS).text


@pytest.mark.parametrize("minutes", [None, 60])
def test_sign_in_of_an_hour_ago_at_the_provider_confirms_nothing(
    meet: Meet, provider: Provider, desk: Desk, minutes: int | None
) -> None:
    hasan = meet()
    sign_in(hasan, provider)
    desk.clock.now += 6 * MINUTE
    provider.extra["auth_time"] = None if minutes is None else desk.clock() // 1000 - minutes * 60
    page = confirm(hasan, provider)
    assert page.status_code == 401
    assert hidden(page)["next"] == DANGEROUS
    assert "Confirm that it is you" in hasan.get(DANGEROUS).text


def test_what_was_typed_before_the_confirmation_can_be_sent_after_it(
    meet: Meet, provider: Provider, desk: Desk
) -> None:
    hasan = meet()
    sign_in(hasan, provider)
    token = hasan.token("/account")
    desk.clock.now += 6 * MINUTE
    page = hasan.post("/add-operator", csrf=token, name="chandra", roles="reviewer", reach="hub")
    assert page.status_code == 401
    out = hasan.post("/confirm/provider", **hidden(page))
    fields = hidden(arrive(hasan, provider.approve(lead(out))))
    assert fields["name"] == "chandra"
    assert hasan.post("/add-operator", **fields).ok


def test_administrator_links_and_unlinks_at_the_page(meet: Meet, person: MakePerson, provider: Provider) -> None:
    farida = person("farida")
    page = farida.get("/operators/bimal")
    assert "Not an e-mail address" in page.text
    token = hidden(page)["csrf"]
    page = farida.post("/operators/bimal/link", csrf=token, subject="s-1")
    assert page.status_code == 400
    assert "hasan is that person already" in page.text
    assert "End the link" in farida.post("/operators/bimal/link", csrf=token, subject=" s-3 ").text
    bimal = meet()
    assert lead(arrive(bimal, provider.approve(leave(bimal), "s-3"))) == "/"
    assert "Its password is changed there" in bimal.get("/account").text
    assert "End the link" not in farida.post("/operators/bimal/unlink", csrf=token).text
    assert bimal.get("/account").url.split("?")[0].endswith("/sign-in")


def test_stranger_reads_what_to_tell_the_administrator(meet: Meet, provider: Provider) -> None:
    someone = meet()
    page = arrive(someone, provider.approve(leave(someone), "<b>s-77"))
    assert page.status_code == 401
    assert "&lt;b&gt;s-77" in page.text
