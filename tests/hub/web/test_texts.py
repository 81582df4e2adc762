"""Texts that no keyboard makes: what one database keeps and another refuses is refused before either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.service import Role
from tests.hub.web.conftest import MakePerson
from tests.support.desk import Desk

ROLES = {"farida": Role.ADMINISTRATOR, "omar": Role.AUDITOR, "rekha": Role.CASE_OFFICER}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    rooms = Desk(tmp_path, database_url)
    for name, role in ROLES.items():
        rooms.add_operator(name, role)
    yield rooms
    rooms.database.close()


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        ("amina", ("/reviews/a%00b", "/alerts/a%00b")),
        ("farida", ("/operators/a%00b",)),
        ("omar", ("/audit?about=a%00b",)),
        ("rekha", ("/cases?site=a%00b", "/cases/bd/a%00b")),
    ],
)
def test_nul_in_an_address_fails_in_the_database(person: MakePerson, who: str, addresses: tuple[str, ...]) -> None:
    someone = person(who)
    for address in addresses:
        answer = someone.get(address)
        assert answer.status_code == 400, address
        assert "Type it again" in answer.text


def test_nul_in_a_name_fails_in_the_database_before_the_sign_in(person: MakePerson) -> None:
    someone = person()
    token = someone.token("/sign-in")
    assert someone.post("/sign-in", csrf=token, name="am\0ina", password="any").status_code == 400
    assert someone.sign_in("amina").ok
