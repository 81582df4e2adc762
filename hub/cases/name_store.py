"""Reading and writing the hashes by which cases are found by name."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from hub.cases.tables import case_names
from protocol.ids import CaseId

_ENOUGH = 1000


def put_names(connection: Connection, case: CaseId, registered_at: int, terms: Collection[bytes]) -> None:
    """Let a case be found by these hashes, and by no earlier ones."""
    connection.execute(delete(case_names).where(case_names.c.case_id == case))
    rows = [{"term": term, "registered_at": registered_at, "case_id": case} for term in sorted(terms)]
    if rows:
        connection.execute(insert(case_names), rows)


def copy_names(connection: Connection, old: CaseId, new: CaseId, registered_at: int) -> None:
    """Let a case be found by another one's names too."""
    own = set(connection.scalars(select(case_names.c.term).where(case_names.c.case_id == new)))
    added = set(connection.scalars(select(case_names.c.term).where(case_names.c.case_id == old))) - own
    if added:
        rows = [{"term": term, "registered_at": registered_at, "case_id": new} for term in sorted(added)]
        connection.execute(insert(case_names), rows)


def with_all(connection: Connection, terms: Collection[bytes], limit: int) -> list[CaseId]:
    """The newest cases that have every hash."""
    if not terms:
        return []
    rarest = rarest_first(connection, terms)
    query = (
        select(case_names.c.case_id)
        .where(case_names.c.term == rarest[0], *(has_term(case_names.c.case_id, term) for term in rarest[1:]))
        .order_by(case_names.c.registered_at.desc(), case_names.c.case_id.desc())
        .limit(limit)
    )
    return [CaseId(found) for found in connection.scalars(query)]


def rarest_first(connection: Connection, terms: Collection[bytes]) -> list[bytes]:
    """The hashes by how many cases have them; beyond a thousand it makes no difference."""
    counts = {}
    for term in terms:
        few = select(case_names.c.case_id).where(case_names.c.term == term).limit(_ENOUGH).subquery()
        counts[term] = connection.scalar(select(func.count()).select_from(few)) or 0
    return sorted(counts, key=lambda term: (counts[term], term))


def has_term(case: ColumnElement[str], term: bytes) -> ColumnElement[bool]:
    """What a query asks of a column that names a case."""
    other = case_names.alias()
    return select(other.c.case_id).where(other.c.case_id == case, other.c.term == term).exists()
