"""The table of the copies of cases that were handed out."""

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, String, Table, func, insert, select

from hub.db import metadata
from protocol.ids import CaseId

case_exports = Table(
    "case_exports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("recipient", String(16), nullable=False),
    Column("actor", String(130), nullable=False),
    Column("at", BigInteger, nullable=False),
)


def note_export(connection: Connection, case: CaseId, *, recipient: str, actor: str, at: int) -> None:
    """A copy of a case was handed out."""
    connection.execute(insert(case_exports).values(case_id=case, recipient=recipient, actor=actor, at=at))


def count(connection: Connection, case: CaseId) -> int:
    """How many copies of a case were handed out."""
    query = select(func.count()).select_from(case_exports).where(case_exports.c.case_id == case)
    return connection.scalar(query) or 0
