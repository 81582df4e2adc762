"""The tables of erasures: what was removed where, and what is outstanding."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    exists,
    insert,
    or_,
    select,
    update,
)

from hub.cases.service import CaseState, Reason
from hub.db import metadata
from hub.erasure.model import BACKUPS, Erasure, ErasureId, Place
from protocol.ids import CaseId

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("actor", String(130), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("list_version", Integer),  # the first list of units without the case; none: it is not published yet
    Column("completed_at", BigInteger),
    Column("written_at", BigInteger),  # to the ledger that outlives a restore
)

erasure_places = Table(
    "erasure_places",
    metadata,
    Column("erasure_id", String(16), ForeignKey("erasures.id"), primary_key=True),
    Column("place", String(160), primary_key=True),
    Column("things", Integer, nullable=False),
    Column("done_at", BigInteger),  # none: outstanding
)


def insert_erasure(connection: Connection, erasure: Erasure) -> None:
    """The end of a case, with every place that held something of it."""
    connection.execute(
        insert(erasures).values(
            id=erasure.id,
            case_id=erasure.case,
            state=erasure.state,
            reason=erasure.reason,
            actor=erasure.actor,
            at=erasure.at,
            list_version=erasure.list_version,
            completed_at=erasure.completed_at,
        )
    )
    rows = [
        {"erasure_id": erasure.id, "place": one.place, "things": one.count, "done_at": one.done_at}
        for one in erasure.places
    ]
    connection.execute(insert(erasure_places), rows)


def of_case(connection: Connection, case: CaseId) -> list[Erasure]:
    """A case's erasures, oldest first."""
    query = select(erasures).where(erasures.c.case_id == case).order_by(erasures.c.at, erasures.c.id)
    return [_erasure(connection, row) for row in connection.execute(query)]


def outstanding(connection: Connection, backups_before: int, silent: Collection[str]) -> list[Erasure]:
    """Every erasure that is not complete and of which something may have changed, oldest first.

    Not those that wait for nothing but backups, from after `backups_before`, or for nothing but `silent` places.
    """
    waits = exists().where(
        erasure_places.c.erasure_id == erasures.c.id,
        erasure_places.c.done_at.is_(None),
        erasure_places.c.place.not_in(silent),
        or_(erasure_places.c.place != BACKUPS, erasures.c.at <= backups_before),
    )
    query = select(erasures).where(erasures.c.completed_at.is_(None), waits).order_by(erasures.c.at, erasures.c.id)
    return [_erasure(connection, row) for row in connection.execute(query)]


def unwritten(connection: Connection, limit: int) -> list[Erasure]:
    """What the ledger does not say yet, oldest first."""
    query = select(erasures).where(erasures.c.written_at.is_(None)).order_by(erasures.c.at, erasures.c.id)
    return [_erasure(connection, row) for row in connection.execute(query.limit(limit))]


def note_written(connection: Connection, written: Collection[ErasureId], at: int) -> None:
    """The ledger says it now."""
    connection.execute(update(erasures).where(erasures.c.id.in_(written)).values(written_at=at))


def update_erasure(
    connection: Connection,
    erasure: ErasureId,
    *,
    list_version: int | None,
    done: Mapping[str, int],
    complete: int | None,
) -> None:
    """What has come to pass since: `done` maps places to the moment in which they held nothing any more."""
    query = update(erasures).where(erasures.c.id == erasure)
    connection.execute(query.values(list_version=list_version, completed_at=complete))
    for place, at in done.items():
        same = (erasure_places.c.erasure_id == erasure) & (erasure_places.c.place == place)
        connection.execute(update(erasure_places).where(same).values(done_at=at))


def _erasure(connection: Connection, row: Row[*tuple[Any, ...]]) -> Erasure:
    query = select(erasure_places).where(erasure_places.c.erasure_id == row.id).order_by(erasure_places.c.place)
    places = tuple(Place(one.place, one.things, one.done_at) for one in connection.execute(query))
    return Erasure(
        id=ErasureId(row.id),
        case=CaseId(row.case_id),
        state=CaseState(row.state),
        reason=Reason(row.reason),
        actor=row.actor,
        at=row.at,
        list_version=row.list_version,
        completed_at=row.completed_at,
        places=places,
    )
