"""A database of every earlier revision, with rows in all of its tables, becomes today's and loses none of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, inspect, select, text

import hub.migrations
from hub.atrest import Vault
from hub.db import Database
from hub.dispatch.service import AlertSettings, AlertStatus, AttemptResult, DispatchService
from hub.sites import EVERY_SITE
from protocol.ids import HubId
from protocol.keys import SigningKey
from tests.hub.seeding import seed
from tests.support.databases import new_database
from tests.support.postgres import Postgres

REVISIONS = sorted(one.revision for one in ScriptDirectory(str(Path(hub.migrations.__file__).parent)).walk_revisions())

# What a migration throws away on purpose: everybody signs in anew, the next report of a unit is minutes away, and that
# a look was noted matters for half an hour (the trail keeps it).
MADE_ANEW = frozenset({"face_views", "sessions", "unit_health"})


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of the database."""
    return str(request.param)


@pytest.fixture
def empty(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a table."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database(migrated=False) as url:
        yield url


@pytest.fixture
def new(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of today's revision."""
    with new_database(kind, request, tmp_path) as url:
        yield url


def tables(connection: Connection) -> dict[str, Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return {name: table for name, table in metadata.tables.items() if name != "alembic_version"}


def contents(connection: Connection) -> dict[str, list[dict[str, object]]]:
    return {
        name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
        for name, table in tables(connection).items()
    }


def shape(url: str) -> dict[str, object]:
    """Columns, keys, indexes and constraints of every table."""
    engine = create_engine(url)
    try:
        found = inspect(engine)
        return {
            name: (
                sorted((one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(name)),
                found.get_pk_constraint(name)["constrained_columns"],
                sorted((one["constrained_columns"], one["referred_table"]) for one in found.get_foreign_keys(name)),
                sorted((str(one["name"]), one["column_names"], bool(one["unique"])) for one in found.get_indexes(name)),
                sorted(one["column_names"] for one in found.get_unique_constraints(name)),
            )
            for name in found.get_table_names()
        }
    finally:
        engine.dispose()


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_database_of_an_earlier_revision_loses_rows_or_becomes_another(empty: str, revision: str) -> None:
    database = Database(empty)
    database.migrate(revision)
    with database.begin() as connection:
        seed(connection)
        before = contents(connection)
    assert all(before.values()), "a table without a row says nothing"
    database.migrate()
    with database.begin() as connection:
        after = contents(connection)
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    database.close()
    for name in before.keys() & after.keys() - MADE_ANEW:
        assert len(after[name]) == len(before[name]), name
    assert before.keys() - after.keys() <= MADE_ANEW


def test_database_that_came_by_way_of_every_revision_is_another_than_a_new_one(empty: str, new: str) -> None:
    database = Database(empty)
    for revision in REVISIONS:
        database.migrate(revision)
        with database.begin() as connection:
            seed(connection)
    database.close()
    assert shape(empty) == shape(new)


def dispatch() -> DispatchService:
    settings = AlertSettings(HubId("bd"), "https://desk.example", "bd@desk.example", "Desk", AlertStatus.EXERCISE)
    return DispatchService(
        settings,
        Vault(bytes(32)),
        SigningKey(bytes(32)),
        is_over=lambda _connection, _case: False,
        is_sought=lambda _connection, _case: True,
        known_as=lambda _connection, case: frozenset({case}),
    )


def test_recipient_of_the_earlier_file_is_lost_or_tried_for_ever(empty: str, tmp_path: Path) -> None:
    database = Database(empty)
    database.migrate("0006")
    with database.begin() as connection:
        seed(connection)
        connection.execute(text("UPDATE deliveries SET next_at = 5"))
    database.migrate()
    service = dispatch()
    dispatcher = service.dispatcher(database, tmp_path, lambda: 9)
    dispatcher.look_at_the_clock()
    dispatcher.deliver()
    with database.read() as connection:
        (state,) = service.alerts(connection, EVERY_SITE)
        assert not service.schedule.has_work(connection, 9)
        assert service.backlog(connection).unpublished == 0
    (delivery,) = state.deliveries
    assert delivery.label == "Recipient of an earlier version"
    assert [one.result for one in delivery.attempts] == [AttemptResult.SENT, AttemptResult.NOT_A_RECIPIENT]
    assert delivery.next_at is None
    database.close()


@pytest.mark.parametrize("recalled", [False, True])
def test_alert_that_waits_for_the_next_in_turn_is_forgotten(empty: str, recalled: bool) -> None:
    database = Database(empty)
    database.migrate("0011")
    with database.begin() as connection:
        seed(connection)
        if recalled:
            message = tables(connection)["alert_messages"]
            values = {"id": "y", "alert_id": "x", "kind": "recall", "number": 1, "raised_at": 2, "reason": "mistake"}
            connection.execute(insert(message).values(document=b"", **values))
    database.migrate()
    with database.read() as connection:
        waiting = connection.execute(text("SELECT message_id, kind, next_at FROM waiting_chains")).all()
        assert waiting == ([] if recalled else [("x", "police-desk", 0)])
        # The recall does not stand in the feed yet.
        assert dispatch().backlog(connection).unpublished == int(recalled)
    database.close()
