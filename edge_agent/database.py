"""The unit's one database: SQLite in WAL mode, every commit on disk before it returns.

What it holds is either encrypted under the unit's vault (`outbox`, `notices`, `waiting`, `kept`, `consents`,
`round`, `staff`) or says nothing of any child (`intakes`, `statements`, `notice_readers`, `state`). A row of `intakes`
looks the same whatever the intake found.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlite_utils

from credentials.private_files import make_private_directory
from faults import MisconfiguredError, UnavailableError

# Each script brings a database to the next version (SQLite's user_version). They are only ever added to.
_MIGRATIONS: Final = (
    """
    CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE intakes (
        sequence INTEGER PRIMARY KEY,
        sighting_id TEXT NOT NULL UNIQUE,
        reference TEXT NOT NULL,
        captured_at INTEGER NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        committed_at INTEGER
    ) STRICT;
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY REFERENCES intakes (sequence),
        envelope BLOB NOT NULL
    ) STRICT;
    CREATE TABLE notices (
        digest BLOB PRIMARY KEY,
        envelope BLOB NOT NULL,
        received_at INTEGER NOT NULL
    ) STRICT;
    """,
    # No unit was in the field before this one: what the first version kept in plain is not taken over.
    """
    DROP TABLE outbox;
    DROP TABLE intakes;
    DROP TABLE notices;
    DELETE FROM state WHERE name = 'last_trusted';
    CREATE TABLE intakes (
        sequence INTEGER PRIMARY KEY,
        sighting_id TEXT NOT NULL UNIQUE,
        digest BLOB NOT NULL UNIQUE,
        outcome TEXT
    ) STRICT;
    CREATE TABLE losses (sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, outcome TEXT) STRICT;
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY,
        sealed_envelope BLOB NOT NULL,
        sealed_facts BLOB,
        keep INTEGER NOT NULL,
        erase_after INTEGER
    ) STRICT;
    CREATE TABLE notices (digest BLOB PRIMARY KEY, sealed_envelope BLOB NOT NULL) STRICT;
    """,
    """
    CREATE TABLE waiting (
        id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL, keep INTEGER NOT NULL, erase_after INTEGER
    ) STRICT;
    CREATE TABLE kept (
        id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL, keep INTEGER NOT NULL, erase_after INTEGER
    ) STRICT;
    CREATE TABLE round (
        id INTEGER PRIMARY KEY CHECK (id = 1), list_version INTEGER NOT NULL, at INTEGER NOT NULL, sealed BLOB NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE consents (
        id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL, keep INTEGER NOT NULL, erase_after INTEGER
    ) STRICT;
    """,
    # No unit could show a notice before this one.
    """
    ALTER TABLE intakes ADD COLUMN channel TEXT NOT NULL DEFAULT 'sightings';
    ALTER TABLE losses RENAME TO statements;
    ALTER TABLE statements ADD COLUMN channel TEXT NOT NULL DEFAULT 'losses';
    DROP TABLE notices;
    CREATE TABLE notices (digest BLOB PRIMARY KEY, sealed BLOB, erase_after INTEGER NOT NULL) STRICT;
    CREATE TABLE notice_readers (
        digest BLOB NOT NULL REFERENCES notices (digest), reader TEXT NOT NULL, PRIMARY KEY (digest, reader)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE staff (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
    """,
)
_BUSY_SECONDS = 30.0


class DatabaseUnavailableError(UnavailableError):
    """The disk is full, failing or read-only. The transaction left nothing behind."""


class DatabaseDamagedError(MisconfiguredError):
    """The file is not a database that this program can use."""


class UnitDatabase:
    """Transactions on the unit's database. Each thread and each process opens its own."""

    def __init__(self, path: Path) -> None:
        """Open or make the database. Raises DatabaseUnavailableError or DatabaseDamagedError."""
        self._path = path
        make_private_directory(path.parent)
        with self._translated():
            path.touch(mode=0o600)
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._database = sqlite_utils.Database(connection, execute_plugins=False)
            # secure_delete: what a row held is overwritten when the row goes.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}")
        self._migrate()

    @contextmanager
    def transaction(self) -> Iterator[sqlite_utils.Database]:
        """A write transaction: on disk when the block ends, undone when it raises.

        Raises DatabaseUnavailableError or DatabaseDamagedError.
        """
        with self._translated():
            # IMMEDIATE: a second process waits here, instead of failing at its first write.
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.commit()
            except BaseException:
                self._database.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite_utils.Database]:
        """The database for a single query. Raises as `transaction` does."""
        with self._translated():
            yield self._database

    def scrub(self) -> bool:
        """Let nothing that was deleted stay readable in the journal; False: somebody reads, try again later.

        Raises as `transaction` does.
        """
        with self._translated():
            (busy, _, _) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _migrate(self) -> None:
        with self.transaction() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > len(_MIGRATIONS):
                raise DatabaseDamagedError(
                    f"{self._path} was made by a newer version of this program. Install that one."
                )
            for number, script in enumerate(_MIGRATIONS[version:], version + 1):
                for statement in script.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise DatabaseUnavailableError(
                f"This unit could not write to {self._path} ({error}). Nothing was kept of this step. "
                "Make room on the disk or replace it, then do it again."
            ) from error
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise DatabaseDamagedError(
                f"{self._path} is damaged ({error}). Keep a copy of it for a technician, then provision the unit anew."
            ) from error
