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


def test_leader_that_has_not_noticed_yet_writes_beside_the_next_one(postgres: Postgres) -> None:
    with postgres.database() as url:
        leading, waiting = Database(url), Database(url)
        first, second = lease_of(leading), lease_of(waiting)
        assert first.acquire()
        write(leading, "led by the first")
        # The network forgets the lease's connection alone: all others of the old leader go on.
        with leading.begin() as unfinished:
            end_session_that_leads(waiting)
            unfinished.execute(text("INSERT INTO names (name) VALUES ('begun before')"))
        assert wait_for(second, never)
        with pytest.raises(LeaseLostError):
            write(leading, "written by the old leader")
        write(waiting, "led by the second")
        # It reads on, and leads again when it has the lease again.
        assert names(leading) == ["led by the first", "begun before", "led by the second"]
        second.release()
        with pytest.raises(LeaseLostError):
            write(waiting, "written after it let go")
        assert first.acquire()
        write(leading, "led by the first again")
        assert names(waiting)[-1] == "led by the first again"
        first.release()
        leading.close()
        waiting.close()


def test_process_that_never_led_is_fenced_as_one_that_did(postgres: Postgres) -> None:
    with postgres.database() as url:
        leading, other = Database(url), Database(url)
        lease = lease_of(leading)
        assert lease.acquire()
        write(other, "by a command beside the server")
        lease.release()
        leading.close()
        other.close()


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


def end_session_that_leads(database: Database) -> None:
    """As a network does that forgets one connection."""
    with database.read() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 2")
        )


def write(database: Database, name: str) -> None:
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS names (place serial, name text)"))
        connection.execute(text("INSERT INTO names (name) VALUES (:name)"), {"name": name})


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(text("SELECT name FROM names ORDER BY place")))
