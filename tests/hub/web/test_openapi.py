"""What the console's API document promises: forms and answers made from it find no failure of the console."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from hub.access.service import Role, Stage, declaration_of
from hub.openapi_document import openapi_document
from hub.routes_document import console_routes
from hub.sites import EVERY_SITE, Sites
from hub.web import build_console
from protocol.ids import CaseId
from tests.support.cases import add_case, new_case
from tests.support.console import ConsoleServer, Person
from tests.support.desk import SITE, Desk, Intake
from tests.support.desk import Case as KnownCase
from tests.support.postgres import Postgres

DOCUMENT = openapi_document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = 3
"""Requests of each person to each route that they may call."""

# A stream that never ends, and what ends the session that the others need. Both have tests of their own.
SKIPPED = {"/queue/events", "/sign-out"}

ROLES = {
    "rekha": (Role.CASE_OFFICER,),
    "selim": (Role.CASE_OFFICER,),
    "shirin": (Role.SENIOR_REVIEWER,),
    "farida": (Role.ADMINISTRATOR,),
    "omar": (Role.AUDITOR,),
    "tariq": (Role.DISPATCHER, Role.TECHNICIAN, Role.WATCHLIST_PUBLISHER),
}


@pytest.fixture(scope="module")
def desk(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """On PostgreSQL, which takes a text less readily than SQLite."""
    with postgres.database() as url:
        rooms = Desk(tmp_path_factory.mktemp("desk"), url)
        for name, roles in ROLES.items():
            rooms.add_operator(name, *roles, sites=Sites(frozenset({SITE})) if name == "selim" else EVERY_SITE)
        yield rooms
        rooms.database.close()


@pytest.fixture(scope="module")
def console(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    with ConsoleServer(build_console(desk.services), tmp_path_factory.mktemp("console")) as server:
        yield server


@pytest.fixture(scope="module")
def known(desk: Desk) -> dict[str, list[str]]:
    """Values of path parameters that lead somewhere: a review that waits, one that is decided, a case, an operator."""
    decided = desk.open_review(Intake(reference="9Q2M-FX4K"))
    desk.confirm(decided)
    waiting = desk.open_review(Intake(reference="8Q2M-FX4K"), KnownCase(id=CaseId("bd/c-other")))
    case = add_case(desk, new_case("GD 1/2026", "Rahim Uddin"), "obama.jpg")
    with desk.database.read() as connection:
        alerts = desk.dispatch.alerts(connection, desk.amina.sites)
        (photo,) = desk.registers.cases.file_of(connection, case, desk.amina).photos
    hub, _, name = case.partition("/")
    return {
        "review_id": [waiting, decided],
        "alert_id": [state.alert.id for state in alerts],
        "hub": [hub],
        "photo": [photo.id],
        "name": [name, "bimal"],
    }


def operations(who: str | None) -> list[APIOperation[Any, Any, Any, Any]]:
    """What somebody may call; None for somebody before the sign-in."""
    found = []
    for route in console_routes():
        declared = declaration_of(route.endpoint)
        assert declared
        allowed = declared.stage is not Stage.SIGNED_IN if who is None else declared.roles & set(ROLES[who])
        if allowed and route.path not in SKIPPED:
            found += [SCHEMA[route.path][method.lower()] for method in route.methods or ()]
    return found


def send_made_up_requests(person: Person, operation: Any, token: str, known: dict[str, list[str]]) -> None:
    """A few requests as the document describes them, and a few that break it."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case: Case[Any] = data.draw(operation.as_strategy(generation_mode=mode))
        for name in case.path_parameters or {}:
            if name in known and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        if isinstance(case.body, dict):
            case.body["csrf"] = token
        case.cookies = {}
        response = case.call(
            base_url=person.url,
            session=person.session,
            verify=person.session.verify,
            timeout=60,
            allow_redirects=False,
        )
        case.validate_response(response, checks=[not_a_server_error, status_code_conformance, content_type_conformance])

    send()


@pytest.mark.parametrize("who", [None, *ROLES])
def test_made_up_request_makes_the_console_fail_or_answer_what_no_document_says(
    who: str | None, console: ConsoleServer, known: dict[str, list[str]]
) -> None:
    with console.person() as person:
        if who:
            assert person.sign_in(who).ok
        token = person.token("/account" if who else "/sign-in")
        for operation in operations(who):
            send_made_up_requests(person, operation, token, known)


def test_api_document_is_stale() -> None:
    written = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
    assert written == DOCUMENT, "run: python -m hub.openapi_document > docs/openapi.json"
