"""What PostgreSQL does otherwise than SQLite: migrations, triggers, views and waiting writers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

import hub.migrations
from hub.audit.service import AuditAction, AuditLog, entries, record
from hub.audit.verification import verify
from hub.db import Database, DatabaseUnavailableError
from protocol.ids import HubId
from tests.hub.audit.trail import IDENTITY
from tests.support.postgres import Postgres

REVISIONS = sorted(path.stem[:4] for path in (Path(hub.migrations.__path__[0]) / "versions").glob("[0-9]*.py"))


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    with postgres.database() as url:
        database = Database(url)
        yield database
        database.close()


def tables(url: str) -> dict[str, list[str]]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    found = inspect(engine)
    columns = {
        name: sorted(f"{one['name']} {one['type']} {one['nullable']}" for one in found.get_columns(name))
        for name in found.get_table_names()
    }
    engine.dispose()
    return columns


def test_every_version_s_database_is_brought_to_this_one(postgres: Postgres) -> None:
    with postgres.database() as newest:
        expected = tables(newest)
    for revision in REVISIONS:
        with postgres.database(migrated=False) as url:
            database = Database(url)
            database.migrate(revision)
            database.migrate()
            database.close()
            assert tables(url) == expected, revision


def test_database_itself_refuses_to_change_the_trail(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        record(connection, AuditAction.CASE_LOCATED, actor="amina", subject="bd/c-1", at=1)
    AuditLog(database, IDENTITY, lambda: 2, tmp_path / "head").sign_head()
    for table in ("audit_entries", "audit_nodes", "audit_heads"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
                connection.execute(text(statement))
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text("UPDATE audit_entries SET subject = 'nobody'"))
    with database.read() as connection:
        assert [entry.subject for entry in entries(connection)] == ["bd/c-1"]


def test_entries_that_many_write_at_once_are_numbered_without_a_gap(database: Database) -> None:
    def write(number: int) -> None:
        with database.begin() as connection:
            record(connection, AuditAction.CASE_LOCATED, actor="amina", subject=f"bd/c-{number}", at=1)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        positions = connection.scalars(text("SELECT position FROM audit_entries ORDER BY position")).all()
        assert positions == list(range(1, 13))
        assert verify(connection, HubId("bd"), IDENTITY.public.verify_key).findings == ()


def test_reader_keeps_one_view_and_cannot_write(database: Database) -> None:
    with database.read() as reading:
        before = entries(reading)
        with database.begin() as connection:
            record(connection, AuditAction.CASE_LOCATED, actor="amina", subject="bd/c-1", at=1)
        assert entries(reading) == before == []
    with pytest.raises(DatabaseUnavailableError), database.read() as reading:
        reading.execute(text("DELETE FROM hub_sequence"))


def test_commit_waits_for_the_disk_whatever_the_server_s_default(database: Database) -> None:
    with database.begin() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
