"""Reading and writing the hub's own looks at candidates."""

from sqlalchemy import Connection, and_, insert, select

from hub.ingest.model import SecondLook
from hub.ingest.store import chance_columns, read_chance, second_looks, sighting_candidates, sightings
from protocol.ids import CaseId, SightingId


def waiting(connection: Connection) -> SightingId | None:
    """The oldest sighting with a candidate that the hub has not looked at."""
    looked = and_(
        second_looks.c.sighting_id == sighting_candidates.c.sighting_id,
        second_looks.c.case_id == sighting_candidates.c.case_id,
    )
    query = (
        select(sightings.c.id)
        .join_from(sightings, sighting_candidates, sighting_candidates.c.sighting_id == sightings.c.id)
        .outerjoin(second_looks, looked)
        # A search of a kept template brings no picture to look at.
        .where(second_looks.c.case_id.is_(None), sightings.c.retrospective.is_(False))
        .order_by(sightings.c.received_at, sightings.c.id)
        .limit(1)
    )
    found = connection.scalar(query)
    return None if found is None else SightingId(found)


def insert_look(
    connection: Connection,
    sighting: SightingId,
    case: CaseId,
    look: SecondLook | None,
    *,
    pack_digest: bytes,
    at: int,
) -> None:
    """What the hub found of one candidate; None where it could not compare."""
    columns: dict[str, float | bool | None] = {}
    if look is not None:
        columns = {"raw": look.raw, "score": look.score, "enough": look.enough, "same_picture": look.same_picture}
        columns |= chance_columns(look.chance)
    connection.execute(
        insert(second_looks).values(sighting_id=sighting, case_id=case, pack_digest=pack_digest, at=at, **columns)
    )


def find(connection: Connection, sighting: SightingId, case: CaseId) -> tuple[bool, SecondLook | None]:
    """Whether the hub has looked at a candidate, and what it found."""
    query = select(second_looks).where(second_looks.c.sighting_id == sighting, second_looks.c.case_id == case)
    row = connection.execute(query).one_or_none()
    if row is None or row.raw is None:
        return row is not None, None
    return True, SecondLook(row.raw, row.score, read_chance(row), row.enough, row.same_picture)
