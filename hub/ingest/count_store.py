"""Counting sightings, erased since or not, for statistics and metrics."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from hub.ingest import erased_store, rejection_store
from hub.ingest.model import Counts, IntakeFacts
from hub.ingest.store import sighting_candidates, sightings
from protocol.ids import SightingId, SiteId
from protocol.person import AgeBand, Sex


def facts(connection: Connection, start: int, end: int) -> Iterator[IntakeFacts]:
    """What statistics need of the intakes received from `start` to before `end`."""
    named = func.count(sighting_candidates.c.rank)
    query = (
        select(sightings, named.label("candidates"))
        .outerjoin(sighting_candidates, sighting_candidates.c.sighting_id == sightings.c.id)
        .where(sightings.c.received_at >= start, sightings.c.received_at < end, sightings.c.retrospective.is_(False))
        .group_by(sightings.c.id)
    )
    for row in connection.execute(query):
        yield IntakeFacts(
            SightingId(row.id), row.received_at, SiteId(row.site), Sex(row.sex), AgeBand(row.age_band), row.candidates
        )
    yield from erased_store.facts(connection, start, end)


def counts(connection: Connection) -> Counts:
    """What was received so far, erased since or not."""
    erased, erased_with_candidates = erased_store.counts(connection)
    with_candidates = select(func.count(sighting_candidates.c.sighting_id.distinct()))
    # A search of a kept template is no intake.
    intakes = select(func.count()).select_from(sightings).where(sightings.c.retrospective.is_(False))
    return Counts(
        sightings=(connection.scalar(intakes) or 0) + erased,
        with_candidates=(connection.scalar(with_candidates) or 0) + erased_with_candidates,
        rejected_messages=rejection_store.total(connection),
    )
