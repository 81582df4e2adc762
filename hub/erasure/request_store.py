"""Erasures without a receipt, which two different people of the desk must want."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.erasure.model import ErasureRequest, RequestReason
from hub.sites import Sites

erasure_requests = Table(
    "erasure_requests",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("withdrawal", String(64), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("site", String(130), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("asked_by", Integer, ForeignKey("operators.id"), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", Integer, ForeignKey("operators.id")),
    Column("decided_at", BigInteger),
    Column("approved", Boolean(name="approved")),
    CheckConstraint("decided_by <> asked_by", name="two_people"),
    CheckConstraint(
        "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (approved IS NULL)",
        name="decided_whole",
    ),
)


def add(connection: Connection, request: ErasureRequest) -> None:
    """Insert a request."""
    connection.execute(
        insert(erasure_requests).values(
            id=request.id,
            withdrawal=request.withdrawal,
            reference=request.reference,
            site=request.site,
            reason=str(request.reason),
            asked_by=request.asked_by,
            asked_at=request.asked_at,
        )
    )


def find(connection: Connection, request: str) -> ErasureRequest | None:
    """One that nobody has decided."""
    query = select(erasure_requests).where(erasure_requests.c.id == request, erasure_requests.c.decided_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _request(row)


def waiting(connection: Connection, sites: Sites) -> list[ErasureRequest]:
    """The sites' requests that nobody has decided, oldest first."""
    query = select(erasure_requests).where(
        erasure_requests.c.decided_at.is_(None), sites.condition(erasure_requests.c.site)
    )
    return [_request(row) for row in connection.execute(query.order_by(erasure_requests.c.asked_at))]


def decide(connection: Connection, request: str, *, operator: int, at: int, approved: bool) -> None:
    """Note a decision. The database refuses that of the person who asked."""
    decided = update(erasure_requests).where(erasure_requests.c.id == request)
    connection.execute(decided.values(decided_by=operator, decided_at=at, approved=approved))


def _request(row: Row[tuple[object, ...]]) -> ErasureRequest:
    return ErasureRequest(
        row.id, row.withdrawal, row.reference, row.site, RequestReason(row.reason), row.asked_by, row.asked_at
    )
