"""The account of what happened: in one transaction with what happened, and never changed."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.audit.service import AuditAction, AuditLog, entries, record
from hub.db import Database
from tests.hub.audit.trail import IDENTITY


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    database.migrate()
    with database.begin() as connection:
        record(connection, AuditAction.CASE_REGISTERED, actor="amina", subject="bd/c-1", at=1, photos=2)
        record(connection, AuditAction.CASE_LOCATED, actor="bimal", subject="bd/c-2", at=2)
    AuditLog(database, IDENTITY, lambda: 3, tmp_path / "head").sign_head()
    return database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET subject = 'nobody'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE position = 1",
        "INSERT OR REPLACE INTO audit_entries VALUES (1, 'bd/c-1', 'another')",
        "UPDATE audit_nodes SET hash = zeroblob(32)",
        "DELETE FROM audit_nodes",
        "INSERT OR REPLACE INTO audit_nodes VALUES (0, 1, zeroblob(32))",
        "UPDATE audit_heads SET note = 'another'",
        "DELETE FROM audit_heads",
        "INSERT OR REPLACE INTO audit_heads VALUES (2, 'another')",
    ],
)
def test_database_itself_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    with database.read() as connection:
        before = entries(connection)
    with pytest.raises(IntegrityError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))
    with database.read() as connection:
        assert entries(connection) == before


def test_entry_of_a_change_that_failed_does_not_stay(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            record(connection, AuditAction.CASE_LOCATED, actor="amina", subject="bd/c-1", at=3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as connection:
        assert len(entries(connection)) == 2


def test_entries_are_read_in_order_and_by_subject(database: Database) -> None:
    with database.read() as connection:
        everything, about = entries(connection), entries(connection, "bd/c-1")
    assert [entry.subject for entry in everything] == ["bd/c-1", "bd/c-2"]
    assert [(entry.action, entry.actor, dict(entry.detail)) for entry in about] == [
        (AuditAction.CASE_REGISTERED, "amina", {"photos": 2})
    ]


def test_entries_are_numbered_without_a_gap(database: Database) -> None:
    with database.begin() as connection:
        record(connection, AuditAction.CASE_LOCATED, actor="amina", subject="bd/c-3", at=3)
    with database.read() as connection:
        positions = connection.scalars(text("SELECT position FROM audit_entries ORDER BY position")).all()
    assert positions == [1, 2, 3]
