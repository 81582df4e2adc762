"""Who gets at the screen: pages of elsewhere, other names for this machine, idle screens, forms of another session."""

from collections.abc import Iterator

import httpx
import pytest

from edge_agent.kiosk.sessions import Session
from tests.edge_agent.kiosk.screen import Clock, Screen, bare_kiosk
from tests.edge_agent.kiosk.staff import AMINA, LOCKED, PIN


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ended() -> list[Session]:
    return []


@pytest.fixture
def screen(clock: Clock, ended: list[Session]) -> Iterator[Screen]:
    with bare_kiosk(clock, ended) as port, Screen(port) as screen:
        yield screen


def test_nobody_sees_a_page_before_signing_in(screen: Screen) -> None:
    assert screen.get("/").url.path == "/sign-in"
    assert screen.submit("/lock").status_code in {200, 403}
    assert screen.sign_in().url.path == "/"
    assert AMINA.name in screen.get("/").text


def test_wrong_pin_and_locked_out_person_are_told_apart_and_kept_out(screen: Screen) -> None:
    wrong = screen.sign_in(pin="000000")
    assert (wrong.status_code, "The PIN is not right" in wrong.text) == (403, True)
    locked = screen.sign_in(LOCKED.id)
    assert (locked.status_code, "Wait 90 seconds" in locked.text) == (403, True)
    assert screen.get("/").url.path == "/sign-in"


def test_another_name_for_this_machine_is_refused(screen: Screen) -> None:
    for host in ("rebound.example", f"localhost:{screen.base_url.port}", "127.0.0.1"):
        assert screen.get("/sign-in", headers={"Host": host}).status_code == 403


def test_page_of_another_place_can_neither_read_nor_send(screen: Screen) -> None:
    screen.sign_in()
    token = screen.token()
    assert screen.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for headers in ({"Origin": "http://rebound.example"}, {"Origin": "null"}, {}):
        assert screen.post("/lock", data={"csrf": token}, headers=headers).status_code == 403
    assert screen.get("/").url.path == "/"


def test_form_without_its_sessions_token_is_refused(screen: Screen) -> None:
    screen.sign_in()
    answer = screen.post("/lock", data={"csrf": "0" * 64}, headers={"Origin": screen.origin})
    assert answer.status_code == 403
    assert screen.get("/").url.path == "/"


def test_idle_screen_locks_and_typing_puts_it_off(screen: Screen, clock: Clock, ended: list[Session]) -> None:
    screen.sign_in()
    clock.now += 110
    assert screen.submit("/alive").text == "120"
    clock.now += 119
    assert screen.get("/").url.path == "/"
    clock.now += 121
    assert screen.get("/").url.path == "/sign-in"
    assert [session.member for session in ended] == [AMINA]


def test_second_sign_in_ends_the_first(screen: Screen, ended: list[Session]) -> None:
    screen.sign_in()
    with Screen(int(str(screen.base_url.port))) as other:
        other.sign_in()
        assert screen.get("/").url.path == "/sign-in"
        assert other.get("/").url.path == "/"
    assert len(ended) == 1


def test_session_is_a_new_one_after_signing_in(screen: Screen) -> None:
    screen.get("/sign-in")
    before = screen.cookies["mca-kiosk"]
    answer = screen.submit("/sign-in", member=AMINA.id, pin=PIN)
    assert screen.cookies["mca-kiosk"] != before
    cookie = answer.history[0].headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_every_answer_is_kept_by_nobody_and_loads_nothing_from_elsewhere(screen: Screen) -> None:
    for answer in (screen.get("/sign-in"), screen.sign_in(), httpx.get(screen.origin, trust_env=False)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_language_of_the_screen_is_remembered(screen: Screen) -> None:
    assert '<html lang="bn">' in screen.submit("/language", language="bn").text
    screen.sign_in()
    assert '<html lang="bn">' in screen.get("/").text
