"""The table of signed erasure records: what each place says that it has removed."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, LargeBinary, String, Table, func, insert, select

from hub.db import metadata
from hub.erasure.model import ErasureId, Taker
from protocol.ids import SiteId
from protocol.staff import StaffId

# As they came.
erasure_records = Table(
    "erasure_records",
    metadata,
    Column("erasure_id", String(16), ForeignKey("intake_erasures.id"), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("place", String(160), nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("staff_id", String(16)),  # who took the receipt at a unit,
    Column("staff_site", String(130)),  # and where that unit stood
)


def add(
    connection: Connection,
    erasure: ErasureId,
    place: str,
    *,
    digest: bytes,
    record: bytes,
    at: int,
    taker: Taker | None = None,
) -> bool:
    """Keep a place's signed word, and who took the receipt there; whether it is new."""
    known = select(erasure_records.c.digest).where(
        erasure_records.c.erasure_id == erasure, erasure_records.c.digest == digest
    )
    if connection.scalar(known) is not None:
        return False
    who = {} if taker is None else {"staff_id": taker.staff, "staff_site": taker.site}
    connection.execute(
        insert(erasure_records).values(erasure_id=erasure, digest=digest, place=place, record=record, at=at, **who)
    )
    return True


def of(connection: Connection, erasure: ErasureId) -> list[bytes]:
    """Every place's signed word, in the order in which they came."""
    query = select(erasure_records.c.record).where(erasure_records.c.erasure_id == erasure)
    return list(connection.scalars(query.order_by(erasure_records.c.at, erasure_records.c.place)))


def takers(connection: Connection, erasures: Collection[ErasureId]) -> dict[ErasureId, list[Taker]]:
    """Who took the receipt of which erasure, each person once at a site, the first before the others."""
    who = (erasure_records.c.erasure_id, erasure_records.c.staff_id, erasure_records.c.staff_site)
    signed_in = erasure_records.c.erasure_id.in_(erasures) & erasure_records.c.staff_id.is_not(None)
    query = select(*who).where(signed_in).group_by(*who).order_by(func.min(erasure_records.c.at), *who)
    found: dict[ErasureId, list[Taker]] = {}
    for row in connection.execute(query):
        taker = Taker(StaffId(row.staff_id), SiteId(row.staff_site))
        found.setdefault(ErasureId(row.erasure_id), []).append(taker)
    return found
