"""The schema that migrations make is the one that the rooms declare, triggers included."""

import importlib
import io
import re
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from hub.access import store
from hub.access.service import Role
from hub.audit.service import AuditAction, AuditEntry, AuditLog, entries
from hub.db import Database, metadata
from hub.sites import EVERY_SITE
from tests.hub.audit.trail import IDENTITY

ROOMS = (
    "audit",
    "access",
    "cases",
    "matching",
    "erasure",
    "exchange",
    "fleet",
    "watchlist",
    "ingest",
    "review",
    "dispatch",
)
WITH_TRIGGERS = ("audit", "review", "dispatch")


def declared_triggers(dialect: str) -> list[str]:
    rooms = (importlib.import_module(f"hub.{room}.triggers") for room in WITH_TRIGGERS)
    return [statement for room in rooms for statement in room.TRIGGERS[dialect]]


def schema(engine: Engine) -> dict[str, list[str]]:
    """Each table's, index's and trigger's definition as its sorted parts, however SQLite has joined them."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {
        row.name: sorted(filter(None, map(str.strip, re.split(r"\n|,\s*(?![^()]*\))", row.sql))))
        for row in rows
        if row.name not in {"alembic_version", "sqlite_sequence"}
    }


def test_migrated_database_is_what_the_rooms_declare(tmp_path: Path) -> None:
    for room in ROOMS:
        importlib.import_module(f"hub.{room}.store")
    migrated = tmp_path / "migrated.sqlite3"
    Database(f"sqlite:///{migrated}").migrate()
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.sqlite3'}")
    metadata.create_all(declared)
    with declared.begin() as connection:
        for statement in declared_triggers("sqlite"):
            connection.exec_driver_sql(statement)
    assert schema(create_engine(f"sqlite:///{migrated}")) == schema(declared)


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    before = schema(create_engine(f"sqlite:///{path}"))
    database.migrate()
    assert schema(create_engine(f"sqlite:///{path}")) == before


def test_migration_that_fails_half_way_leaves_no_table(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE sightings (in_the_way TEXT)")
    with pytest.raises(Exception, match="already exists"):
        Database(f"sqlite:///{path}").migrate()
    assert set(schema(engine)) == {"sightings"}


def test_migrations_speak_the_language_of_postgresql() -> None:
    script = postgresql_script()
    for statement in declared_triggers("postgresql"):
        assert statement in script
    assert "sealed_portrait BYTEA NOT NULL" in script
    assert "position SERIAL NOT NULL" in script


def postgresql_script() -> str:
    """What every migration in turn would do there."""
    folder = Path(importlib.import_module("hub.migrations").__file__ or "").parent / "versions"
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True}
    )
    with Operations.context(context):
        for path in sorted(folder.glob("[0-9]*.py")):
            importlib.import_module(f"hub.migrations.versions.{path.stem}").upgrade()
    return buffer.getvalue()


def test_audit_trail_of_the_first_version_is_carried_into_the_tree(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    database.migrate("0001")
    insert = (
        "INSERT INTO audit_entries (action, actor, subject, at, detail)"
        " VALUES ('case.registered', 'amina', :subject, 7, '{\"photos\": 2}')"
    )
    with database.begin() as connection:
        connection.execute(text(insert), [{"subject": f"bd/c-{number}"} for number in range(11)])
    database.migrate()
    log = AuditLog(database, IDENTITY, lambda: 8, tmp_path / "head")
    log.sign_head()
    with database.read() as connection:
        assert [entry.subject for entry in entries(connection)] == [f"bd/c-{number}" for number in range(11)]
        assert entries(connection)[3] == AuditEntry(AuditAction.CASE_REGISTERED, "amina", "bd/c-3", 7, {"photos": 2})
        assert log.verify(connection).findings == ()


def test_operators_and_reviews_of_the_second_version_lose_their_rights_or_sites(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    database.migrate("0002")
    with database.begin() as connection:
        for statement in (
            "INSERT INTO operators (name, password_hash, role, added_at) VALUES ('amina', 'x', 'reviewer', 7)",
            "INSERT INTO sessions (token_hash, operator_id, started_at, used_at) VALUES (x'00', 1, 7, 7)",
            "INSERT INTO units VALUES ('bd/a-1', 'bd/a', '', x'', x'', 1)",
            (
                "INSERT INTO sightings VALUES ('s', 'bd/a-1', 1, x'', 'AAAA', 'bd/a', 7, 7, 'court-order', x'', '9-12',"
                " 'male', x'', x'', 1, 1, 1, '{}')"
            ),
            "INSERT INTO reviews (id, sighting_id, case_id, photo_id, opened_at) VALUES ('r', 's', 'bd/c-1', 'p', 7)",
            "INSERT INTO face_views VALUES ('r', 1, 7)",
        ):
            connection.exec_driver_sql(statement)
    database.migrate()
    with database.read() as connection:
        amina = store.accounts(connection)[0].operator
        assert (amina.name, amina.roles, amina.sites) == ("amina", frozenset({Role.REVIEWER}), EVERY_SITE)
        assert connection.exec_driver_sql("SELECT site FROM reviews").scalar_one() == "bd/a"
        # Whoever was signed in has not shown a second factor.
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar_one() == 0
    with pytest.raises(IntegrityError, match="append-only"), database.begin() as connection:
        connection.exec_driver_sql("UPDATE reviews SET site = 'bd/b'")


def test_cases_of_the_fourth_version_are_lost_or_searched_for_no_longer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    database.migrate("0004")
    columns = (
        "id, slice, sealed_reference, reference_index, sex, born_from, born_to, listed_until, status, located_at,"
        " registered_at, revision"
    )
    values = "'bd/missing', x'01', :index, 'male', 24168, 24173, '2027-01-01'"
    with database.begin() as connection:
        for case, status, located in (("bd/c-1", "missing", None), ("bd/c-2", "located", 9)):
            connection.execute(
                text(f"INSERT INTO cases ({columns}) VALUES (:case, {values}, :status, :located, 7, :revision)"),
                {"case": case, "index": case.encode(), "status": status, "located": located, "revision": int(case[-1])},
            )
        connection.execute(text("INSERT INTO case_photos VALUES ('00', 'bd/c-1', 0, x'01', x'02', NULL, NULL)"))
    database.migrate()
    with database.begin() as connection:
        rows = connection.execute(text("SELECT id, register, state, state_at, renewed_at FROM cases ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [
            ("bd/c-1", "missing", "open", 7, 7),
            ("bd/c-2", "missing", "located", 9, 7),
        ]
        assert connection.execute(text("SELECT added_at, sealed_original FROM case_photos")).one() == (7, b"\x01")
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(text("UPDATE cases SET state = 'lost'"))
