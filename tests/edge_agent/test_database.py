import sqlite3
import stat
from pathlib import Path

import pytest

from edge_agent.database import DatabaseDamagedError, DatabaseUnavailableError, UnitDatabase


def test_database_and_its_journals_are_closed_to_other_users(tmp_path: Path) -> None:
    database = UnitDatabase(tmp_path / "data" / "unit.sqlite")
    with database.transaction() as tables:
        tables.table("state").insert({"name": "a", "value": 1})
    for path in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert {path.suffix for path in (tmp_path / "data").iterdir()} == {".sqlite", ".sqlite-wal", ".sqlite-shm"}
    database.close()


def test_commit_is_on_disk_before_it_returns(tmp_path: Path) -> None:
    database = UnitDatabase(tmp_path / "unit.sqlite")
    with database.reading() as tables:
        assert tables.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert tables.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = UnitDatabase(tmp_path / "unit.sqlite")

    def fail_after_a_write() -> None:
        with database.transaction() as tables:
            tables.table("state").insert({"name": "a", "value": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_write()
    with database.reading() as tables:
        assert tables.table("state").count == 0
    database.close()


def test_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    database = UnitDatabase(tmp_path / "unit.sqlite")
    with database.reading() as tables:
        (pages,) = tables.execute("PRAGMA page_count").fetchone()
        tables.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DatabaseUnavailableError, match="Make room"), database.transaction() as tables:
        tables.table("notices").insert({"digest": b"x", "sealed": bytes(100_000), "erase_after": 1})
    with database.reading() as tables:
        assert tables.table("notices").count == 0
    database.close()


def test_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "unit.sqlite"
    path.write_bytes(b"this is something else entirely" * 100)
    with pytest.raises(DatabaseDamagedError, match="technician"):
        UnitDatabase(path)
    assert path.read_bytes().startswith(b"this is something else")


def test_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "unit.sqlite"
    UnitDatabase(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatabaseDamagedError, match="newer version"):
        UnitDatabase(path)
