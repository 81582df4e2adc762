"""Tables of operators, their sessions and their failed sign-ins. Tokens are stored only as SHA-256."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from hub.access.model import Operator, Role
from hub.db import metadata

operators = Table(
    "operators",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("added_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # An identifier is never used again: answers refer to people by it.
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)

known_devices = Table(
    "known_devices",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False),
    Column("first_used_at", BigInteger, nullable=False),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("source", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session and whose it is; times in milliseconds since 1970 UTC."""

    operator: Operator
    started_at: int
    used_at: int


def add_operator(connection: Connection, name: str, password_hash: str, role: Role, at: int) -> int:
    """Insert an operator; its identifier."""
    row = insert(operators).values(name=name, password_hash=password_hash, role=str(role), added_at=at)
    return int(connection.execute(row.returning(operators.c.id)).scalar_one())


def find_operator(connection: Connection, name: str) -> tuple[Operator, str] | None:
    """The operator of that name and their password's hash."""
    row = connection.execute(select(operators).where(operators.c.name == name)).one_or_none()
    return None if row is None else (Operator(row.id, row.name, Role(row.role)), row.password_hash)


def names(connection: Connection) -> dict[int, str]:
    """Every operator's name by identifier."""
    return {row.id: row.name for row in connection.execute(select(operators.c.id, operators.c.name))}


def change_password_hash(connection: Connection, operator: int, password_hash: str) -> None:
    """Replace a hash by one of today's parameters."""
    connection.execute(update(operators).where(operators.c.id == operator).values(password_hash=password_hash))


def add_session(connection: Connection, token_hash: bytes, operator: int, at: int) -> None:
    """Begin a session."""
    connection.execute(insert(sessions).values(token_hash=token_hash, operator_id=operator, started_at=at, used_at=at))


def find_session(connection: Connection, token_hash: bytes) -> StoredSession | None:
    """The session of a token, whether or not it is still valid."""
    query = (
        select(operators.c.id, operators.c.name, operators.c.role, sessions.c.started_at, sessions.c.used_at)
        .join_from(sessions, operators)
        .where(sessions.c.token_hash == token_hash)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return StoredSession(Operator(row.id, row.name, Role(row.role)), row.started_at, row.used_at)


def touch_session(connection: Connection, token_hash: bytes, at: int) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=at))


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Forget a session."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_sessions_started_before(connection: Connection, moment: int) -> None:
    """Forget the sessions that ended long ago."""
    connection.execute(delete(sessions).where(sessions.c.started_at < moment))


def know_device(connection: Connection, token_hash: bytes, operator: int, at: int) -> None:
    """Remember a browser from which an operator has signed in."""
    connection.execute(insert(known_devices).values(token_hash=token_hash, operator_id=operator, first_used_at=at))


def is_known_device(connection: Connection, token_hash: bytes, name: str) -> bool:
    """Whether the operator of that name has signed in from the browser before."""
    query = (
        select(known_devices.c.token_hash)
        .join_from(known_devices, operators)
        .where(known_devices.c.token_hash == token_hash, operators.c.name == name)
    )
    return connection.execute(query).one_or_none() is not None


def failures(connection: Connection, source: bytes) -> tuple[int, int]:
    """How often in a row a source has failed to sign in, and when it last did; (0, 0) for never."""
    row = connection.execute(select(failed_sign_ins).where(failed_sign_ins.c.source == source)).one_or_none()
    return (0, 0) if row is None else (row.failures, row.last_at)


def note_failure(connection: Connection, source: bytes, failures_so_far: int, at: int) -> None:
    """Replace what is known of a source."""
    forget_failures(connection, source)
    connection.execute(insert(failed_sign_ins).values(source=source, failures=failures_so_far, last_at=at))


def forget_failures(connection: Connection, source: bytes) -> None:
    """A source has signed in, or its failures are long ago."""
    connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.source == source))


def forget_failures_before(connection: Connection, moment: int) -> None:
    """Forget every source whose last failure is older."""
    connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.last_at < moment))
