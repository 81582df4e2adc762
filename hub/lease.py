"""Who leads: of all processes that share a database, one publishes, signs and sends alerts.

The lease is a lock that the kernel or PostgreSQL frees when its holder dies, so that no clock decides. On PostgreSQL it
can be lost while its holder lives, with a connection that breaks: so each transaction of the holder sees to it that it
still leads.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from faults import UnavailableError
from hub.db import Database, DatabaseUnavailableError

_LOOK_SECONDS: Final = 1.0
_LEADER: Final = 2  # An advisory lock of the database beside the writers' own (hub/db.py).
_HOLDER: Final = text(
    "SELECT pid, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND classid = 0 AND objid = :leader AND objsubid = 1 AND granted "
    "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# Of a leader behind a network that swallows packets the server must hear soon, for another to take over.
_KEEP_ALIVE: Final = ("tcp_keepalives_idle = 5", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")

_log = structlog.get_logger()


class LeaseLostError(UnavailableError):
    """This process does not lead any more, or not at present."""


class Lease(Protocol):
    """The right to lead."""

    def acquire(self) -> bool:
        """Whether this process leads now; asked again, whether it still does. Raises DatabaseUnavailableError."""

    def release(self) -> None:
        """Let another lead."""


class FileLease:
    """For processes of one machine, which share a file."""

    def __init__(self, database: Database) -> None:
        """`database`: in SQLite."""
        self._path = f"{database.file}.lease"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock, or see that it is taken."""
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Free the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class AdvisoryLease:
    """For processes anywhere that share a server: PostgreSQL frees the lock when their connection ends.

    Whoever has lost it may not know yet. From the first time that it led, its database takes no transaction that
    may write unless the very session that took the lock has it: transactions that write come one after another
    (hub/db.py), so that all of an earlier leader's are committed before the first of a later one begins.
    """

    def __init__(self, database: Database) -> None:
        """`database`: in PostgreSQL."""
        self._database = database
        self._connection: Connection | None = None
        self._session: tuple[object, ...] | None = None

    def acquire(self) -> bool:
        """Take the lock, or see that this process has it or another."""
        if self._connection is not None:
            if _answers(self._connection):
                return True
            self.release()
        connection = self._database.connect_apart()
        try:
            for setting in _KEEP_ALIVE:
                connection.exec_driver_sql(f"SET {setting}")
            taken = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LEADER})").scalar_one())
            session = _holder(connection) if taken else None
        except DBAPIError as error:
            connection.invalidate()
            connection.close()
            raise DatabaseUnavailableError("The hub's database does not answer.") from error
        if taken:
            self._connection, self._session = connection, session
            self._database.fence = self._require_session
        else:
            connection.close()
        return taken

    def release(self) -> None:
        """End the connection, and the lock with it."""
        if self._connection is not None:
            if not self._connection.invalidated:  # Otherwise it broke, and has let go.
                with suppress(DBAPIError):
                    self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            # Not back to the pool, whose next user might hold the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = self._session = None

    def _require_session(self, connection: Connection) -> None:
        if self._session is None or _holder(connection) != self._session:
            raise LeaseLostError("This process of the hub does not lead at present: nothing was written. Try again.")


def _holder(connection: Connection) -> tuple[object, ...] | None:
    """The session that has the lock. The number of its process alone could be another's by now."""
    found = connection.execute(_HOLDER, {"leader": _LEADER}).one_or_none()
    return None if found is None else tuple(found)


def lease_of(database: Database) -> Lease:
    """The lease of a hub's database."""
    return AdvisoryLease(database) if database.file is None else FileLease(database)


def wait_for(lease: Lease, interrupted: Callable[[float], bool]) -> bool:
    """Return when this process leads; or False, when `interrupted`, which waits for so many seconds, says so."""
    stands_by = False
    while True:
        with suppress(DatabaseUnavailableError):
            if lease.acquire():
                return True
        if not stands_by:
            stands_by = True
            _log.info("hub.stands-by")
        if interrupted(_LOOK_SECONDS):
            return False


def keep(lease: Lease, stop: threading.Event) -> None:
    """Hold the lease until `stop` is set. Raises LeaseLostError when another process has it.

    A server that does not answer is waited for: whoever leads can do nothing without it either.
    """
    while not stop.wait(_LOOK_SECONDS):
        try:
            if not lease.acquire():
                raise LeaseLostError("Another process of this hub leads now. Start this one again to stand by.")
        except DatabaseUnavailableError as error:
            _log.warning("lease.waits", reason=type(error).__name__)


def _answers(connection: Connection) -> bool:
    try:
        connection.exec_driver_sql("SELECT 1")
    except DBAPIError:
        return False
    return True
