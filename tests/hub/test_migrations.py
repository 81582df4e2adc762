"""The schema that migrations make is the one that the rooms declare, triggers included."""

import importlib
import io
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from hub.db import Database, metadata

ROOMS = ("audit", "access", "cases", "fleet", "watchlist", "ingest", "review", "dispatch")
WITH_TRIGGERS = ("audit", "review", "dispatch")


def declared_triggers(dialect: str) -> list[str]:
    rooms = (importlib.import_module(f"hub.{room}.triggers") for room in WITH_TRIGGERS)
    return [statement for room in rooms for statement in room.TRIGGERS[dialect]]


def schema(engine: Engine) -> dict[str, list[str]]:
    """Each table's, index's and trigger's definition as its sorted lines."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {
        row.name: sorted(line.strip().rstrip(",") for line in row.sql.replace("\t", "").splitlines())
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


def test_migration_speaks_the_language_of_postgresql() -> None:
    first = importlib.import_module("hub.migrations.versions.0001_first")
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True}
    )
    with Operations.context(context):
        first.upgrade()
    script = buffer.getvalue()
    for statement in declared_triggers("postgresql"):
        assert statement in script
    assert "sealed_portrait BYTEA NOT NULL" in script
    assert "position SERIAL NOT NULL" in script
