"""Who gets at the screen: pages of elsewhere, other names for this machine, idle screens, forms of another session."""

from collections.abc import Iterator
from functools import reduce

import httpx
import pytest
from fastapi.routing import APIRoute

from edge_agent.bootstrap import Unit
from edge_agent.kiosk.routes import ROUTERS
from tests.edge_agent.kiosk.screen import AMINA, PIN, RAFIQ, Clock, Screen, give_staff, screen_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(unit: Unit, clock: Clock) -> Iterator[Screen]:
    with screen_of(unit, monotonic=clock) as screen:
        yield screen


def test_nobody_sees_a_page_before_signing_in(screen: Screen) -> None:
    assert screen.get("/").url.path == "/sign-in"
    assert screen.submit("/lock").status_code in {200, 403}
    assert screen.sign_in().url.path == "/"
    assert "Amina Khatun" in screen.get("/").text


def test_wrong_pins_are_told_then_locked_out(screen: Screen) -> None:
    wrong = screen.sign_in(pin="000000")
    assert (wrong.status_code, "The PIN is not right" in wrong.text) == (403, True)
    said = [screen.sign_in(pin="000000").text for _ in range(8)]
    assert "Too many wrong PINs" in said[-1]
    assert screen.get("/").url.path == "/sign-in"


def test_person_without_the_role_takes_no_intake(screen: Screen) -> None:
    screen.sign_in(RAFIQ)
    assert "New intake" not in screen.get("/").text
    assert screen.submit("/intake").status_code == 403


def test_person_whom_the_hub_takes_away_is_signed_out_with_the_intake(screen: Screen, unit: Unit) -> None:
    screen.sign_in()
    screen.submit("/intake")
    give_staff(unit, serial=2, without=AMINA)
    assert screen.get("/intake/present").url.path == "/sign-in"


def test_another_name_for_this_machine_is_refused(screen: Screen) -> None:
    for host in ("rebound.example", f"localhost:{screen.port}", "127.0.0.1"):
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


def test_idle_screen_locks_and_typing_puts_it_off(screen: Screen, clock: Clock) -> None:
    screen.sign_in()
    clock.now += 110
    assert screen.submit("/alive").text == "120"
    clock.now += 119
    assert screen.get("/").url.path == "/"
    clock.now += 121
    assert screen.get("/").url.path == "/sign-in"


def test_second_sign_in_ends_the_first(screen: Screen) -> None:
    screen.sign_in()
    with Screen(screen.port) as other:
        other.sign_in()
        assert screen.get("/").url.path == "/sign-in"
        assert other.get("/").url.path == "/"


def test_session_is_a_new_one_after_signing_in(screen: Screen) -> None:
    screen.get("/sign-in")
    before = screen.cookies["mca-kiosk"]
    answer = screen.submit("/sign-in", member=AMINA, pin=PIN)
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


def test_route_is_open_to_somebody_who_may_not(screen: Screen) -> None:
    places = {"{name}": "kiosk.css", "{language}": "en", "{key}": "ff" * 32}
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    asked = [
        (method, reduce(lambda path, place: path.replace(*place), places.items(), route.path))
        for route in routes
        for method in sorted(route.methods or ())
    ]
    everybodys = {"/static/kiosk.css", "/spoken/en", "/sign-in", "/language", "/alive", "/lock", "/"}

    def ask(method: str, path: str, **headers: str) -> httpx.Response:
        form = {"csrf": token} if method == "POST" else None
        given = {"Origin": screen.origin} | headers
        return screen.request(method, path, data=form, headers=given, follow_redirects=False)

    token = screen.token("/sign-in")
    for method, path in asked:
        for refused in ({"Host": "rebound.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert ask(method, path, **refused).status_code == 403, path
        if path not in {"/static/kiosk.css", "/sign-in", "/language"}:
            assert ask(method, path).headers["location"] == "/sign-in", path
    screen.sign_in(RAFIQ)
    token = screen.token()
    for method, path in asked:
        if path not in everybodys:
            assert ask(method, path).status_code == 403, path
