"""Reading and writing pairs of cases that may be one child's."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, case, delete, insert, or_, select, update

from hub.cases.tables import case_pairs
from protocol.ids import CaseId

DISTINCT: Final = "distinct"
MERGED: Final = "merged"


def suggest(connection: Connection, one: CaseId, other: CaseId, grounds: Collection[str], at: int) -> None:
    """Note a pair, or further grounds for it; one that was judged stays as it is."""
    first, second = sorted((one, other))
    same = and_(case_pairs.c.first_id == first, case_pairs.c.second_id == second)
    row = connection.execute(select(case_pairs.c.grounds, case_pairs.c.verdict).where(same)).one_or_none()
    if row is None:
        connection.execute(
            insert(case_pairs).values(first_id=first, second_id=second, grounds=" ".join(sorted(grounds)), at=at)
        )
    elif row.verdict is None:
        together = " ".join(sorted({*row.grounds.split(), *grounds}))
        connection.execute(update(case_pairs).where(same).values(grounds=together))


def unjudged(connection: Connection, one: CaseId) -> list[tuple[CaseId, list[str]]]:
    """The other cases of a case's pairs without a verdict, oldest suggestion first, each with its grounds."""
    other = _other(one)
    query = (
        select(other.label("other"), case_pairs.c.grounds)
        .where(_with(one), case_pairs.c.verdict.is_(None))
        .order_by(case_pairs.c.at, other)
    )
    return [(CaseId(row.other), row.grounds.split()) for row in connection.execute(query)]


def distinct_from(connection: Connection, one: CaseId) -> list[CaseId]:
    """The cases that somebody has said to be another child's."""
    query = select(_other(one)).where(_with(one), case_pairs.c.verdict == DISTINCT)
    return [CaseId(found) for found in connection.scalars(query)]


def judge(connection: Connection, one: CaseId, other: CaseId, verdict: str, *, actor: str, at: int) -> bool:
    """A person's verdict on a pair, suggested or not; False where there is one already."""
    first, second = sorted((one, other))
    same = and_(case_pairs.c.first_id == first, case_pairs.c.second_id == second)
    row = connection.execute(select(case_pairs.c.verdict).where(same)).one_or_none()
    said = {"verdict": verdict, "actor": actor, "at": at}
    if row is None:
        connection.execute(insert(case_pairs).values(first_id=first, second_id=second, grounds="", **said))
        return True
    return row.verdict is None and bool(connection.execute(update(case_pairs).where(same).values(**said)).rowcount)


def forget_unjudged(connection: Connection, one: CaseId) -> int:
    """Remove a case's suggestions; how many there were."""
    return connection.execute(delete(case_pairs).where(_with(one), case_pairs.c.verdict.is_(None))).rowcount


def _with(one: CaseId) -> ColumnElement[bool]:
    return or_(case_pairs.c.first_id == one, case_pairs.c.second_id == one)


def _other(one: CaseId) -> ColumnElement[str]:
    return case((case_pairs.c.first_id == one, case_pairs.c.second_id), else_=case_pairs.c.first_id)
