"""Sessions and sign-ins that are not finished, in the database."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from hub.access.model import Account, Operator, Proof
from hub.access.store import account_of, sessions, unfinished_sign_ins


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session and whose it is; times in milliseconds since 1970 UTC."""

    operator: Operator
    started_at: int
    used_at: int
    confirmed_at: int


@dataclass(frozen=True, slots=True)
class UnfinishedSignIn:
    """A password that was right; `proof` is the second factor once it has been given."""

    account: Account
    started_at: int
    proof: Proof | None


def add_session(connection: Connection, token_hash: bytes, operator: int, at: int, confirmed_at: int) -> None:
    """Begin a session of who showed at `confirmed_at` who they are."""
    values = {"started_at": at, "used_at": at, "confirmed_at": confirmed_at}
    connection.execute(insert(sessions).values(token_hash=token_hash, operator_id=operator, **values))


def find_session(connection: Connection, token_hash: bytes) -> StoredSession | None:
    """The session of a token, whether or not it is still valid; none where the account is closed."""
    row = connection.execute(select(sessions).where(sessions.c.token_hash == token_hash)).one_or_none()
    if row is None:
        return None
    account = account_of(connection, row.operator_id)
    if account.disabled_at is not None:
        return None
    return StoredSession(account.operator, row.started_at, row.used_at, row.confirmed_at)


def touch_session(connection: Connection, token_hash: bytes, at: int) -> None:
    """Note that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=at))


def confirm_session(connection: Connection, token_hash: bytes, at: int) -> None:
    """Note that the person has just shown again who they are."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(confirmed_at=at))


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Forget a session."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_sessions_of(connection: Connection, operator: int, *, but: bytes = b"") -> None:
    """End every session of an operator, also the unfinished ones; `but` one."""
    connection.execute(delete(sessions).where(sessions.c.operator_id == operator, sessions.c.token_hash != but))
    connection.execute(delete(unfinished_sign_ins).where(unfinished_sign_ins.c.operator_id == operator))


def end_sessions_started_before(connection: Connection, moment: int) -> None:
    """Forget the sessions that ended long ago."""
    connection.execute(delete(sessions).where(sessions.c.started_at < moment))


def add_unfinished(
    connection: Connection, token_hash: bytes, operator: int, at: int, proof: Proof | None = None
) -> None:
    """A password was right, or the identity provider has recognised somebody."""
    shown = None if proof is None else str(proof)
    connection.execute(
        insert(unfinished_sign_ins).values(token_hash=token_hash, operator_id=operator, started_at=at, proof=shown)
    )


def find_unfinished(connection: Connection, token_hash: bytes) -> UnfinishedSignIn | None:
    """The unfinished sign-in of a token, whether or not it is still valid; none where the account is closed."""
    query = select(unfinished_sign_ins).where(unfinished_sign_ins.c.token_hash == token_hash)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    account = account_of(connection, row.operator_id)
    if account.disabled_at is not None:
        return None
    return UnfinishedSignIn(account, row.started_at, None if row.proof is None else Proof(row.proof))


def note_proof(connection: Connection, token_hash: bytes, proof: Proof) -> None:
    """The second factor of an unfinished sign-in was given."""
    same = unfinished_sign_ins.c.token_hash == token_hash
    connection.execute(update(unfinished_sign_ins).where(same).values(proof=str(proof)))


def end_unfinished(connection: Connection, token_hash: bytes) -> bool:
    """Forget an unfinished sign-in; whether it was still there."""
    ended = connection.execute(delete(unfinished_sign_ins).where(unfinished_sign_ins.c.token_hash == token_hash))
    return ended.rowcount == 1


def end_unfinished_before(connection: Connection, moment: int) -> None:
    """Forget the unfinished sign-ins that nobody went on with."""
    connection.execute(delete(unfinished_sign_ins).where(unfinished_sign_ins.c.started_at < moment))
