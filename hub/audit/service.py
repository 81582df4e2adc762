"""Recording: in the transaction of the change itself, so that neither exists without the other."""

from sqlalchemy import Connection

from hub.audit import store
from hub.audit.model import AuditAction, AuditEntry

__all__ = ["AuditAction", "AuditEntry", "entries", "record"]


def record(
    connection: Connection, action: AuditAction, *, actor: str, subject: str, at: int, **detail: str | int
) -> None:
    """Append one entry. `actor` is an operator's name, a unit, or `hub`; `at` in milliseconds since 1970 UTC."""
    store.append(connection, AuditEntry(action, actor, subject, at, detail))


def entries(connection: Connection, subject: str | None = None) -> list[AuditEntry]:
    """Every entry, or those about one subject, oldest first."""
    return store.entries(connection, subject)
