"""Who signs in at the identity provider, and who is there just now, in the database."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from hub.access.model import ProviderLink
from hub.access.store import operator_links, provider_sign_ins


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who went to the provider. `next_path` and `kept`: what they do when they are back.

    `session_hash` and `form_token`: of the session of who went there to confirm that it is them.
    """

    started_at: int
    next_path: str
    kept: str
    session_hash: bytes | None = None
    form_token: str | None = None


def link(connection: Connection, operator: int, new: ProviderLink) -> None:
    """Let an operator sign in at the provider, in the place of any earlier link.

    Raises sqlalchemy's IntegrityError where somebody else is that person at the provider.
    """
    unlink(connection, operator)
    values = {"issuer": new.account.issuer, "subject": new.account.subject, "gives_roles": new.gives_roles}
    connection.execute(insert(operator_links).values(operator_id=operator, linked_at=new.linked_at, **values))


def unlink(connection: Connection, operator: int) -> None:
    """Let an operator sign in here again."""
    connection.execute(delete(operator_links).where(operator_links.c.operator_id == operator))


def depart(connection: Connection, token_hash: bytes, departure: Departure) -> None:
    """Note that somebody goes to the provider."""
    connection.execute(
        insert(provider_sign_ins).values(
            token_hash=token_hash,
            started_at=departure.started_at,
            next_path=departure.next_path,
            kept=departure.kept,
            session_hash=departure.session_hash,
            form_token=departure.form_token,
        )
    )


def arrive(connection: Connection, token_hash: bytes) -> Departure | None:
    """Who comes back with the token; None for everybody after the first."""
    same = provider_sign_ins.c.token_hash == token_hash
    row = connection.execute(select(provider_sign_ins).where(same)).one_or_none()
    if row is None or connection.execute(delete(provider_sign_ins).where(same)).rowcount != 1:
        return None
    return Departure(row.started_at, row.next_path, row.kept, row.session_hash, row.form_token)


def forget_departures_before(connection: Connection, moment: int) -> None:
    """Forget those who did not come back."""
    connection.execute(delete(provider_sign_ins).where(provider_sign_ins.c.started_at < moment))
