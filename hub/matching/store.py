"""The tables of matches between the registers, and of which case was searched for when."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hub.db import metadata
from hub.matching.model import MatchId, RegisterMatch
from protocol.ids import CaseId, PhotoId
from protocol.sighting import Chance

register_matches = Table(
    "register_matches",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("missing_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("found_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("missing_photo", String(16), nullable=False),
    Column("found_photo", String(16), nullable=False),
    Column("pack_digest", LargeBinary(32), nullable=False),
    Column("raw", Double, nullable=False),
    Column("score", Double, nullable=False),
    # A chance is there as a whole, or not at all: then nothing was calibrated.
    Column("chance", Double),
    Column("chance_low", Double),
    Column("chance_high", Double),
    Column("expected", Double),
    Column("counted", Boolean),
    Column("comparable", Integer, nullable=False),
    Column("warning", String(40)),
    Column("at", BigInteger, nullable=False),
    Column("taken_at", BigInteger),  # when reviewers were asked
    # The same two photographs are no new evidence.
    UniqueConstraint("missing_photo", "found_photo", "pack_digest"),
)

register_searches = Table(
    "register_searches",
    metadata,
    Column("case_id", String(130), ForeignKey("cases.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("pack_digest", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("candidates", Integer, nullable=False),
    # The comparison asks every second how far it has come, and for the night's oldest.
    Index("ix_register_searches_newest", "pack_digest", "revision"),
    Index("ix_register_searches_oldest", "at"),
)


def insert_match(connection: Connection, match: RegisterMatch) -> bool:
    """A new match; False where the same two photographs were matched with the same pack before."""
    same = (
        (register_matches.c.missing_photo == match.missing_photo)
        & (register_matches.c.found_photo == match.found_photo)
        & (register_matches.c.pack_digest == match.pack_digest)
    )
    if connection.scalar(select(register_matches.c.id).where(same)) is not None:
        return False
    chance = match.chance
    connection.execute(
        insert(register_matches).values(
            id=match.id,
            missing_id=match.missing,
            found_id=match.found,
            missing_photo=match.missing_photo,
            found_photo=match.found_photo,
            pack_digest=match.pack_digest,
            raw=match.raw,
            score=match.score,
            chance=None if chance is None else chance.value,
            chance_low=None if chance is None else chance.low,
            chance_high=None if chance is None else chance.high,
            expected=None if chance is None else chance.expected,
            counted=None if chance is None else chance.counted,
            comparable=match.comparable,
            warning=match.warning,
            at=match.at,
        )
    )
    return True


def pending(connection: Connection, limit: int) -> list[RegisterMatch]:
    """Matches that nobody was asked about yet, oldest first."""
    query = select(register_matches).where(register_matches.c.taken_at.is_(None))
    rows = connection.execute(query.order_by(register_matches.c.at, register_matches.c.id).limit(limit))
    return [_match(row) for row in rows]


def find(connection: Connection, match: str) -> RegisterMatch | None:
    """One match."""
    row = connection.execute(select(register_matches).where(register_matches.c.id == match)).one_or_none()
    return None if row is None else _match(row)


def of_case(connection: Connection, case: CaseId) -> list[RegisterMatch]:
    """A case's matches, newest first."""
    query = select(register_matches).where(_names(case)).order_by(register_matches.c.at.desc(), register_matches.c.id)
    return [_match(row) for row in connection.execute(query)]


def take(connection: Connection, match: MatchId, at: int) -> None:
    """Reviewers are asked about a match."""
    connection.execute(update(register_matches).where(register_matches.c.id == match).values(taken_at=at))


def forget(connection: Connection, case: CaseId) -> int:
    """Remove what was found of a case; how many matches there were."""
    connection.execute(delete(register_searches).where(register_searches.c.case_id == case))
    return connection.execute(delete(register_matches).where(_names(case))).rowcount


def searched_up_to(connection: Connection, pack_digest: bytes) -> int:
    """The last revision of the registers up to which every change was searched for with a pack."""
    newest = select(func.max(register_searches.c.revision)).where(register_searches.c.pack_digest == pack_digest)
    return connection.scalar(newest) or 0


def oldest_search(connection: Connection) -> int | None:
    """Since when some case has not been searched for."""
    oldest: int | None = connection.scalar(select(func.min(register_searches.c.at)))
    return oldest


def note_night(connection: Connection, at: int) -> None:
    """Every case was searched for again."""
    connection.execute(update(register_searches).values(at=at))


def note_search(
    connection: Connection, case: CaseId, *, revision: int, pack_digest: bytes, at: int, candidates: int
) -> None:
    """A case was searched for."""
    columns = {"revision": revision, "pack_digest": pack_digest, "at": at, "candidates": candidates}
    query = update(register_searches).where(register_searches.c.case_id == case).values(**columns)
    if not connection.execute(query).rowcount:
        connection.execute(insert(register_searches).values(case_id=case, **columns))


def last_search(connection: Connection, case: CaseId) -> int | None:
    """When a case was last searched for."""
    return connection.scalar(select(register_searches.c.at).where(register_searches.c.case_id == case))


def _names(case: CaseId) -> ColumnElement[bool]:
    return or_(register_matches.c.missing_id == case, register_matches.c.found_id == case)


def _match(row: Row[*tuple[Any, ...]]) -> RegisterMatch:
    chance = None
    if row.chance is not None:
        chance = Chance(row.chance, row.chance_low, row.chance_high, row.expected, row.counted)
    return RegisterMatch(
        id=MatchId(row.id),
        missing=CaseId(row.missing_id),
        found=CaseId(row.found_id),
        missing_photo=PhotoId(row.missing_photo),
        found_photo=PhotoId(row.found_photo),
        pack_digest=row.pack_digest,
        raw=row.raw,
        score=row.score,
        chance=chance,
        comparable=row.comparable,
        warning=row.warning,
        site="",
        at=row.at,
    )
