"""Migrated databases for tests, of both kinds that a hub runs on. Conftests import the fixtures they hand on."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event, make_url

from hub.db import Database
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests of this worker, started by the first that asks."""
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own: once in SQLite, and once in PostgreSQL."""
    with new_database(request.param, request, tmp_path) as url:
        yield url


# For a test of `database_url` in which no statement differs between the two: most of the suite's time would go there.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def hub_database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """What `HubSite` takes: first None, for SQLite in the hub's own folder, and then a URL of PostgreSQL."""
    if request.param == "sqlite":
        yield None
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def chosen_database(request: pytest.FixtureRequest) -> str | None:
    """What `HubSite` takes: SQLite, but both kinds for a test that says @pytest.mark.usefixtures("hub_database")."""
    # Where a room's other tests would say on a second database what they said on the first.
    chosen: str | None = request.getfixturevalue("hub_database") if "hub_database" in request.fixturenames else None
    return chosen


@contextmanager
def new_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a migrated, empty database, which is gone when the block ends. `kind`: sqlite or postgresql."""
    if kind == "sqlite":
        yield sqlite_database(folder)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


def sqlite_database(folder: Path) -> str:
    """The URL of a migrated, empty database in `folder`."""
    path = folder / "hub.sqlite3"
    shutil.copyfile(_migrated(folder.parent), path)
    return f"sqlite:///{path}"


@cache
def _migrated(folder: Path) -> Path:
    # Migrating takes longer than most tests: each copies a database that was migrated once for its process.
    path = folder / f"migrated-{secrets.token_hex(4)}.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


def stored_bytes(url: str) -> bytes:
    """Everything in a database that a thief of it could read. No program may have it open."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        return b"".join(_table(connection, name) for (name,) in tables)


def _table(connection: psycopg.Connection, name: str) -> bytes:
    # Not the server's files: it compresses what is long.
    with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)".encode()) as rows:
        return b"".join(bytes(row) for row in rows)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """What is executed inside, on whatever connection."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
