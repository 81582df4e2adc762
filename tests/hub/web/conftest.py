"""A console that serves over real HTTPS, and people with browsers' worth of cookies."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.web import build_console
from tests.support.console import ConsoleServer, Person
from tests.support.desk import Desk

MakePerson = Callable[..., Person]


@pytest.fixture
def desk(tmp_path: Path, chosen_database: str | None) -> Iterator[Desk]:
    """On SQLite mostly: pages know nothing of the database, and the rooms' own tests run on both kinds."""
    rooms = Desk(tmp_path, chosen_database)
    yield rooms
    rooms.database.close()


@pytest.fixture
def console(desk: Desk, tmp_path: Path) -> Iterator[ConsoleServer]:
    """The desk's console."""
    with ConsoleServer(build_console(desk.services), tmp_path) as server:
        yield server


@pytest.fixture
def person(console: ConsoleServer) -> Iterator[MakePerson]:
    """Someone at the console: `person()` before sign-in, `person("amina")` after it."""
    with ExitStack() as stack:

        def make(name: str | None = None) -> Person:
            someone = stack.enter_context(console.person())
            if name is not None:
                assert someone.sign_in(name).ok
            return someone

        yield make
