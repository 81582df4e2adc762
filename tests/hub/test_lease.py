"""One process leads, another takes over when it dies, and no two lead at once."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from hub.db import Database
from hub.lease import Lease, LeaseLostError, keep, lease_of, wait_for
from tests.support.postgres import Postgres


@pytest.fixture
def databases(database_url: str) -> Iterator[tuple[Database, Database]]:
    """The same database, as two processes see it."""
    pair = Database(database_url), Database(database_url)
    yield pair
    for database in pair:
        database.close()


def never(_seconds: float) -> bool:
    return False


def test_second_process_stands_by_until_the_first_lets_go(databases: tuple[Database, Database]) -> None:
    first, second = map(lease_of, databases)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    assert not first.acquire()
    second.release()


def test_standing_by_ends_when_the_process_is_told_to_end(databases: tuple[Database, Database]) -> None:
    first, second = map(lease_of, databases)
    assert first.acquire()
    assert not wait_for(second, lambda _seconds: True)
    first.release()
    assert wait_for(second, never)
    second.release()


def test_leader_whose_connection_broke_leads_on_only_if_nobody_took_over(postgres: Postgres) -> None:
    with postgres.database() as url:
        leading, waiting = Database(url), Database(url)
        first, second = lease_of(leading), lease_of(waiting)
        assert first.acquire()
        break_connections(waiting)
        assert first.acquire()
        break_connections(waiting)
        assert wait_for(second, never)
        with pytest.raises(LeaseLostError):
            keep(first, threading.Event())
        second.release()
        leading.close()
        waiting.close()


def test_held_lease_does_not_keep_a_writer_waiting(databases: tuple[Database, Database]) -> None:
    lease: Lease = lease_of(databases[0])
    assert lease.acquire()
    with databases[1].begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    lease.release()


def break_connections(database: Database) -> None:
    """As a network does that forgets them."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with database.begin() as connection:
        connection.execute(text(f"{others} AND datname = current_database()"))
