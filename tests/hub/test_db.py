"""Transactions: what a reader sees, what a writer waits for, and what may not be written at all."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub.db import Database, DatabaseUnavailableError, DatabaseUrlError
from tests.support.full_disk import files_of_at_most


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    database.migrate()
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE notes (body TEXT)"))
    return database


def write(database: Database, body: str) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES (:body)"), {"body": body})


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM notes")) or 0)


def test_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('not committed')"))
        assert count(database) == 0
    assert count(database) == 1


def test_writer_does_not_wait_for_a_reader_whose_view_stays_as_it_was(database: Database) -> None:
    with database.read() as connection:
        before = connection.scalar(text("SELECT count(*) FROM notes"))
        write(database, "meanwhile")
        assert connection.scalar(text("SELECT count(*) FROM notes")) == before


def test_read_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError), database.read() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('sneaked in')"))
    write(database, "the same connection can write again")
    assert count(database) == 1


def test_failure_half_way_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            connection.execute(text("INSERT INTO notes VALUES ('half')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert count(database) == 0


def test_writers_in_many_threads_all_commit(database: Database) -> None:
    threads = [threading.Thread(target=write, args=(database, str(number))) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 16


def test_committed_rows_are_synced_to_disk(database: Database) -> None:
    with database.read() as connection:
        pragmas = [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "secure_delete")
        ]
    assert pragmas == ["wal", 2, 1]


def test_broken_file_is_reported_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(DatabaseUnavailableError):
        Database(f"sqlite:///{path}").migrate()


def test_other_kinds_of_database_are_refused() -> None:
    with pytest.raises(DatabaseUrlError, match="SQLite or PostgreSQL, not on mysql"):
        Database("mysql://localhost/hub")


def test_row_does_not_show_in_the_text_of_an_error(database: Database) -> None:
    with pytest.raises(Exception, match="no such table") as caught, database.begin() as connection:
        connection.execute(text("INSERT INTO missing VALUES (:body)"), {"body": "a child's secret"})
    assert "secret" not in str(caught.value)


def test_disk_that_fails_inside_a_savepoint_is_taken_for_an_error_of_the_program(database: Database) -> None:
    def write_within_a_savepoint() -> None:
        with database.begin() as connection:
            connection.execute(text("PRAGMA cache_size = 1"))  # So that pages are written before the end.
            with connection.begin_nested():
                for _ in range(100):
                    connection.execute(text("INSERT INTO notes VALUES (:body)"), {"body": "x" * 10_000})

    with files_of_at_most(0), pytest.raises(DatabaseUnavailableError):
        write_within_a_savepoint()
    assert count(database) == 0


def test_statement_that_is_wrong_is_not_taken_for_a_database_that_is_away(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"), database.begin() as connection:
        connection.execute(text("DELETE FROM missing"))
