"""What stays of an erased sighting: so much that it is not taken in again, and that statistics go on counting it."""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, String, Table, func, insert, select

from hub.db import metadata
from hub.ingest.model import ErasedSighting, IntakeFacts
from protocol.ids import SightingId, SiteId
from protocol.person import AgeBand, Sex

# No reference, unit or hour: whoever was photographed cannot be told from others of the month.
erased_sightings = Table(
    "erased_sightings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("month", BigInteger, nullable=False, index=True),  # its first moment in the desk's zone
    Column("site", String(130), nullable=False),
    Column("sex", String(16), nullable=False),
    Column("age_band", String(8), nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("retrospective", Boolean(name="retrospective"), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("erased_at", BigInteger, nullable=False),
)

_INTAKES: Final = erased_sightings.c.retrospective.is_(False)


def add(connection: Connection, erased: ErasedSighting) -> None:
    """Note that a sighting is gone, or was never stored."""
    connection.execute(
        insert(erased_sightings).values(
            id=erased.sighting_id,
            month=erased.month,
            site=erased.site,
            sex=erased.sex,
            age_band=erased.age_band,
            candidates=erased.candidates,
            retrospective=erased.retrospective,
            reason=str(erased.reason),
            erased_at=erased.at,
        )
    )


def is_any_known(connection: Connection, wanted: Collection[SightingId]) -> bool:
    """Whether one of these was erased."""
    query = select(erased_sightings.c.id).where(erased_sightings.c.id.in_(wanted)).limit(1)
    return connection.scalar(query) is not None


def facts(connection: Connection, start: int, end: int) -> Iterator[IntakeFacts]:
    """What statistics need of the erased intakes of the months from `start` to before `end`."""
    query = select(erased_sightings).where(erased_sightings.c.month >= start, erased_sightings.c.month < end, _INTAKES)
    for row in connection.execute(query):
        yield IntakeFacts(
            SightingId(row.id), row.month, SiteId(row.site), Sex(row.sex), AgeBand(row.age_band), row.candidates
        )


def counts(connection: Connection) -> tuple[int, int]:
    """How many intakes were erased, and how many sightings that had candidates."""
    intakes = select(func.count()).select_from(erased_sightings).where(_INTAKES)
    found = select(func.count()).select_from(erased_sightings).where(erased_sightings.c.candidates > 0)
    return connection.scalar(intakes) or 0, connection.scalar(found) or 0
