"""Who may open what: every route, every role."""

import re
from itertools import product
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from hub import web
from hub.access.fields import READERS, readable
from hub.access.service import Field, Operator, Role, Stage, Visitor, declaration_of
from hub.navigation import NAVIGATION, destinations, home
from hub.routes_document import console_routes, routes_document
from hub.sites import EVERY_SITE
from tests.hub.web.conftest import MakePerson
from tests.support.console import ConsoleServer
from tests.support.desk import PASSWORD, Desk, police_desk

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ROUTES = console_routes()
CLOSED = [
    route for route in ROUTES if (declared := declaration_of(route.endpoint)) and declared.stage is Stage.SIGNED_IN
]
HALF_OPEN = [
    route for route in ROUTES if (declared := declaration_of(route.endpoint)) and declared.stage is Stage.SIGNING_IN
]


def url(route: APIRoute) -> str:
    path = re.sub(r"\{\w+_id\}", "0" * 16, route.path)
    return path.replace("{side}", "case").replace("{name}", "bimal")


def names(routes: list[APIRoute]) -> list[str]:
    return [f"{min(route.methods or ())} {route.path}" for route in routes]


@pytest.mark.parametrize("route", ROUTES, ids=names(ROUTES))
def test_every_route_declares_who_may_call_it(route: APIRoute) -> None:
    assert declaration_of(route.endpoint) is not None


def test_list_of_routes_is_not_stale() -> None:
    written = (Path(__file__).parents[3] / "docs" / "routes.md").read_text()
    assert written == routes_document(), "run: python -m hub.routes_document > docs/routes.md"


def test_list_of_routes_shows_a_route_that_declares_nobody() -> None:
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    assert "| `/forgotten` | nobody |" in routes_document([router])


def test_console_serves_no_route_outside_the_list(desk: Desk) -> None:
    built = web.build_console(desk.services)
    assert len(built.routes) == len(web.ROUTERS)
    assert not any(isinstance(route, APIRoute) for route in built.routes)


def test_nobody_passes_without_signing_in(person: MakePerson) -> None:
    visitor = person()
    for route, method in ((one, method) for one in CLOSED for method in one.methods or ()):
        answer = visitor.session.request(method, visitor.url + url(route), timeout=60, allow_redirects=False)
        if method == "GET":
            assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/sign-in"), route.path
        else:
            assert answer.status_code == 401, route.path
        assert "Sign out" not in answer.text, route.path


def test_session_or_nothing_opens_a_step_of_signing_in(person: MakePerson) -> None:
    for visitor, route in product((person(), person("amina")), HALF_OPEN):
        method = min(route.methods or {"GET"})
        answer = visitor.session.request(method, visitor.url + url(route), timeout=60, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/sign-in"), route.path


@pytest.mark.parametrize("role", Role)
def test_each_role_passes_exactly_where_it_is_named(desk: Desk, person: MakePerson, role: Role) -> None:
    desk.add_operator("chandra", role)
    visitor = person("chandra")
    token = visitor.token("/account")
    for route in CLOSED:
        if route.path == "/sign-out":
            continue
        declared = declaration_of(route.endpoint)
        assert declared is not None
        method = min(route.methods or {"GET"})
        answer = visitor.session.request(
            method,
            visitor.url + url(route),
            data={"csrf": token, "answer": "identification"} if method == "POST" else None,
            timeout=60,
            allow_redirects=False,
            stream=True,
        )
        with answer:  # The live queue has no end: of a page that is open to the role the beginning says enough.
            refused = answer.status_code == 403 and "Your role does not include this page" in answer.text
        assert refused == (role not in declared.roles), route.path


# What changes something without a new proof: the day's work, which takes nothing out of the hub and ends nothing.
ORDINARY = {
    *("/account/language", "/account/password", "/confirm", "/confirm/provider", "/sign-out"),
    *("/add-case", "/import-cases", "/cases/{hub}/{name}/change", "/cases/{hub}/{name}/photographs"),
    *("/cases/{hub}/{name}/renew", "/found-children/{found_id}/check"),
    *(f"/reviews/{{review_id}}/{act}" for act in ("answer", "claim", "draft", "lease", "release", "remark")),
    *("/reviews/next", "/alerts/{alert_id}/send", "/withdrawals"),
}


def test_open_window_is_enough_for_a_dangerous_act() -> None:
    declared = {route.path: declaration_of(route.endpoint) for route in CLOSED if "POST" in (route.methods or ())}
    assert {path for path, one in declared.items() if one and not one.fresh} == ORDINARY


def test_route_that_declares_nothing_is_closed_to_everyone(desk: Desk, tmp_path: Path) -> None:
    application = web.build_console(desk.services)
    application.add_api_route("/forgotten", lambda: "secret")
    with ConsoleServer(application, tmp_path) as server, server.person() as visitor:
        visitor.sign_in("amina")
        answer = visitor.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


@pytest.mark.parametrize("role", Role)
def test_everyone_comes_to_a_page_that_is_open_to_them(desk: Desk, person: MakePerson, role: Role) -> None:
    chandra = desk.add_operator("chandra", role)
    page = person().sign_in("chandra")
    assert page.status_code == 200
    assert page.url.endswith(home(chandra))
    assert set(re.findall(r'href="(/[a-z-]*)"', page.text.split("</nav>")[0])) - {"/static/console"} == {
        one.path for one in destinations(chandra)
    }


def test_head_leads_where_a_role_may_not_go() -> None:
    declared = {route.path: declaration_of(route.endpoint) for route in ROUTES if "GET" in (route.methods or ())}
    for one in NAVIGATION:
        found = declared[one.path]
        assert found is not None
        assert found.roles == one.roles, one.path


def test_operator_with_no_role_left_comes_to_an_error() -> None:
    assert home(Operator(1, "chandra", frozenset(), EVERY_SITE)) == "/account"


def test_auditor_may_read_a_face_or_a_score() -> None:
    assert readable([Role.AUDITOR]) == {Field.OPERATOR_NAME}
    assert set(READERS) == set(Field)


def test_field_that_a_route_does_not_name_is_shown_there() -> None:
    visitor = Visitor(Operator(1, "amina", frozenset(Role), EVERY_SITE), "", 0)
    assert not any(visitor.sees(field) for field in Field)
    shown = visitor.shown(frozenset({Field.CASE}))
    assert [field for field in Field if shown.sees(field)] == [Field.CASE]


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.DISPATCHER, Role.REVIEWER])
def test_recipients_of_an_alert_are_shown_to_more_than_who_has_to_do_with_them(tmp_path: Path, role: Role) -> None:
    (tmp_path / "desk").mkdir()
    desk = Desk(
        tmp_path / "desk", recipients=[police_desk("mailtos://amina:secret@desk.example?to=police@desk.example")]
    )
    desk.confirm(desk.open_review())
    desk.add_operator("chandra", role)
    with ConsoleServer(web.build_console(desk.services), tmp_path) as server, server.person() as visitor:
        visitor.sign_in("chandra")
        (link,) = re.findall(r'href="(/alerts/[0-9a-f]{16})"', visitor.get("/alerts").text)
        page = visitor.get(link).text
    assert ("Recipient 1" in page) == (role is Role.CASE_OFFICER)
    desk.database.close()


def test_person_goes_on_to_where_they_wanted_to_go(person: MakePerson) -> None:
    visitor = person()
    asked = visitor.get("/alerts")
    token = visitor.token("/sign-in")
    page = visitor.post("/sign-in", csrf=token, name="amina", password=PASSWORD, next=asked.url.split("next=")[1])
    assert page.url.endswith("/alerts")


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a//b", "/x?y=1", "/x\n"],
)
def test_sign_in_leads_to_no_foreign_place(person: MakePerson, onward: str) -> None:
    visitor = person()
    token = visitor.token("/sign-in")
    answer = visitor.session.post(
        visitor.url + "/sign-in",
        data={"csrf": token, "name": "amina", "password": PASSWORD, "next": onward},
        allow_redirects=False,
        timeout=60,
    )
    assert answer.headers["Location"] == "/"


def test_signed_out_person_is_out_and_the_audit_says_so(desk: Desk, person: MakePerson) -> None:
    visitor = person("amina")
    cookies = visitor.session.cookies.copy()
    visitor.post("/sign-out", csrf=visitor.token("/"))
    visitor.session.cookies.update(cookies)
    assert "Sign in" in visitor.get("/").text
    assert desk.actions()[-1] == "operator.signed-out"


def test_cookies_are_out_of_reach_of_scripts_other_sites_and_plain_http(person: MakePerson) -> None:
    visitor = person()
    token = visitor.token("/sign-in")
    answer = visitor.session.post(
        visitor.url + "/sign-in",
        data={"csrf": token, "name": "amina", "password": PASSWORD},
        allow_redirects=False,
        timeout=60,
    )
    kept = [line for line in answer.raw.headers.getlist("Set-Cookie") if "Max-Age=0" not in line]
    assert len(kept) == 2
    for line in kept:
        assert line.startswith("__Host-")
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in line.split(";")}
        assert "domain" not in line.lower()


def test_wrong_password_is_answered_with_the_page_and_401(person: MakePerson) -> None:
    answer = person().sign_in("amina", "not the password")
    assert answer.status_code == 401
    assert "The name or the password is not right" in answer.text
    assert "not the password" not in answer.text.replace("The name or the password is not right", "")


def test_too_many_attempts_are_answered_with_429_and_how_long_to_wait(person: MakePerson) -> None:
    visitor = person()
    for _ in range(5):
        visitor.sign_in("amina", "not the password")
    answer = visitor.sign_in("amina")
    assert answer.status_code == 429
    assert "Wait 10 seconds" in answer.text
