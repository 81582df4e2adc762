"""The table of audit entries. The database itself refuses to change or delete one."""

import json

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, insert, select

from hub.audit.model import AuditAction, AuditEntry
from hub.db import metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("action", String(64), nullable=False),
    Column("actor", String(130), nullable=False),
    Column("subject", String(130), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)


def append(connection: Connection, entry: AuditEntry) -> None:
    """Add an entry to the transaction that it accounts for."""
    connection.execute(
        insert(audit_entries).values(
            action=str(entry.action),
            actor=entry.actor,
            subject=entry.subject,
            at=entry.at,
            detail=json.dumps(dict(entry.detail), sort_keys=True),
        )
    )


def entries(connection: Connection, subject: str | None = None) -> list[AuditEntry]:
    """Every entry, or those of one subject, oldest first."""
    query = select(audit_entries).order_by(audit_entries.c.position)
    if subject is not None:
        query = query.where(audit_entries.c.subject == subject)
    return [
        AuditEntry(AuditAction(row.action), row.actor, row.subject, row.at, json.loads(row.detail))
        for row in connection.execute(query)
    ]
