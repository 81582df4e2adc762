"""The hub's database: SQLAlchemy Core over SQLite by default, PostgreSQL by a URL.

Each room's `store.py` declares its tables on `metadata`; migrations/ brings a database to them.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from faults import MisconfiguredError, UnavailableError

_log = structlog.get_logger()
_PATIENCE_SECONDS: Final = 30
# Any number would do: advisory locks are a database's own, and the hub takes two of them (see hub/lease.py).
_WRITER: Final = 1
# One for each of the 40 threads that answer pages, and of the hub's own: with fewer, a busy desk waits for connections.
_POOL: Final[dict[str, Any]] = {"pool_size": 10, "max_overflow": 50}
_POSTGRESQL_READ_ONLY: Final = "25006"

# Names for every constraint, so that migrations can speak of them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class DatabaseUnavailableError(UnavailableError):
    """The database did not answer or did not take a write. Nothing was committed."""


class DatabaseUrlError(MisconfiguredError):
    """The database's URL names a kind of database that the hub does not run on."""


class Database:
    """Transactions on one database. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """`url`: sqlite:///path or postgresql://role@host/name. Raises DatabaseUrlError."""
        self._engine = _engine(url)
        self._reader = self._engine.execution_options(read_only=True, **_read_only(self._engine))
        self.fence: Callable[[Connection], None] | None = None
        """Called at the beginning of each transaction that may write; what it raises ends the transaction."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed to disk when the block ends, rolled back when it raises.

        Raises DatabaseUnavailableError, or what the fence raises.
        """
        with _clear_errors(), self._engine.begin() as connection:
            if self.fence is not None:
                self.fence(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of what is committed, for reading alone: neither it nor a writer waits for the other.

        Raises DatabaseUnavailableError.
        """
        with _clear_errors(), self._reader.begin() as connection:
            yield connection

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to this program's version, or to an earlier one. Raises DatabaseUnavailableError."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    @contextmanager
    def snapshot(self, folder: Path) -> Iterator[BinaryIO]:
        """The whole database of one moment as a file to be read, while others go on writing.

        A SQLite database, or what pg_restore reads. It lies in `folder` under no name, and is gone when the block
        ends or the process does. Raises DatabaseUnavailableError, or DatabaseUrlError where pg_dump is missing.
        """
        if self._engine.dialect.name == "postgresql":
            with tempfile.TemporaryFile(dir=folder) as dump:
                self._dump_into(dump)
                dump.seek(0)
                yield dump
            return
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".snapshot.")
        with os.fdopen(descriptor, "r+b") as file:
            try:
                target = sqlite3.connect(name)
                # No journal: nobody else ever opens this file, and a copy that is cut off is made anew.
                target.execute("PRAGMA journal_mode=OFF")
            finally:
                Path(name).unlink()
            try:
                self._copy_into(target)
            finally:
                target.close()
            yield file

    def _dump_into(self, dump: BinaryIO) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise DatabaseUrlError("pg_dump is not installed. Run: apt install postgresql-client")
        url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        done = subprocess.run(  # noqa: S603  The settings' own URL, which holds no password.
            [program, "--format=custom", "--no-owner", "--no-password", url],
            stdin=subprocess.DEVNULL,
            stdout=dump,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode != 0:
            _log.error("database.not-dumped", reason=done.stderr.decode(errors="replace").strip()[-300:])
            raise DatabaseUnavailableError("The hub's database could not be copied by pg_dump. Try again.")

    def _copy_into(self, target: sqlite3.Connection) -> None:
        connection = self._engine.raw_connection()
        try:
            source = connection.driver_connection
            if isinstance(source, sqlite3.Connection):
                source.backup(target)
        except sqlite3.Error as error:
            raise DatabaseUnavailableError("The hub's database could not be copied. Try again.") from error
        finally:
            connection.close()

    def scrub(self) -> bool:
        """Let nothing that was deleted stay readable in the database's own files; False: try again later.

        SQLite overwrites what is deleted, but its journal keeps the former pages until it is emptied, for which no
        reader may be in its way. PostgreSQL's tables keep dead rows until they are vacuumed.
        Raises DatabaseUnavailableError.
        """
        with _clear_errors():
            if self._engine.dialect.name == "postgresql":
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("VACUUM")
                return True
            return self._empty_journal()

    def _empty_journal(self) -> bool:
        # Past SQLAlchemy, which would begin a transaction: in one, the journal cannot be emptied.
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (busy, _, _) = cursor.fetchone() or (1, 0, 0)
            cursor.close()
            return not busy
        finally:
            connection.close()

    @property
    def file(self) -> Path | None:
        """Where the database is, if it is a file of this machine."""
        return Path(str(self._engine.url.database)) if self._engine.dialect.name == "sqlite" else None

    def connect_apart(self) -> Connection:
        """A connection outside of transactions, for locks that last. Raises DatabaseUnavailableError."""
        with _clear_errors():
            return self._reader.execution_options(isolation_level="AUTOCOMMIT").connect()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def postgresql_url(text: str) -> str:
    """The URL of a database in PostgreSQL, as settings name it. Raises ValueError, which repeats nothing of it."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("write postgresql://ROLE@HOST/DATABASE") from None
    if url.get_backend_name() != "postgresql":
        raise ValueError("write postgresql://ROLE@HOST/DATABASE; SQLite needs no URL")
    if url.password is not None or "password" in url.query:
        raise ValueError("a password does not belong in it: name a private file, ?passfile=/path/to/pgpass")
    return text


def size_in_bytes(connection: Connection) -> int:
    """How large the database is."""
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not _is_unavailable(_first_of(error)):
            raise
        raise DatabaseUnavailableError("The hub's database does not answer or cannot write. Try again.") from error
    except PoolTimeoutError as error:
        raise DatabaseUnavailableError("The hub's database has too much to do at once. Try again.") from error


def _first_of(error: DBAPIError) -> DBAPIError:
    """What failed first: SQLite gives a savepoint up when the disk fails it, and SQLAlchemy looks for it in vain."""
    first, earlier = error, error.__context__
    while earlier is not None:
        if isinstance(earlier, DBAPIError):
            first = earlier
        earlier = earlier.__context__
    return first


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error, OperationalError):
        # SQLite's word for a statement that is wrong, which is never right later.
        return getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    # A server that stands by for another takes no writes until it takes over.
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) == _POSTGRESQL_READ_ONLY


def _read_only(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name != "postgresql":
        return {}
    return {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


def _engine(url: str) -> Engine:
    address = make_url(url)
    backend = address.get_backend_name()
    # Parameters are hidden: an error's text must not carry a row's contents into a log.
    if backend == "postgresql":
        return _postgresql_engine(address)
    if backend != "sqlite":
        raise DatabaseUrlError("The hub runs on SQLite or PostgreSQL, not on {backend}.", backend=backend)
    engine = create_engine(address, connect_args={"timeout": _PATIENCE_SECONDS}, hide_parameters=True, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(address: URL) -> Engine:
    driver = address.set(drivername="postgresql+psycopg")
    engine = create_engine(driver, pool_pre_ping=True, hide_parameters=True, **_POOL)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _is_reader(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("read_only"))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy's pysqlite would begin transactions late and silently; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = _is_reader(connection)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
    # IMMEDIATE: two writers wait for each other here, instead of one failing at its first write.
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    # Whatever the server's own default: a receipt promises that what it is for is on disk.
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET lock_timeout = '{_PATIENCE_SECONDS}s'")
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    # One writer at a time, as in SQLite, until the transaction ends. The audit trail has one order, so that writers
    # would wait for each other at their entry anyway; and what a transaction has looked up stays as it found it.
    if not _is_reader(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
