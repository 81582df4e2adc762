"""Taking sightings out of the database: their faces, candidates, looks and records, and the row itself."""

from datetime import tzinfo
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Table, case, cast, delete, literal, select

from faults import RejectedError
from hub.clock import DAY, month_start
from hub.ingest import erased_store
from hub.ingest.model import ErasedSighting, ErasureReason, HeldSighting
from hub.ingest.store import second_looks, sighting_candidates, sighting_faces, sightings
from protocol.ids import CaseId, SightingId, SiteId, UnitId
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis

_BATCH: Final = 500
_PARTS: Final = (
    ("second looks", second_looks),
    ("pictures of faces", sighting_faces),
    ("candidates", sighting_candidates),
)


class UnknownReferenceError(RejectedError):
    """No intake with this reference is here."""


class SightingEraser:
    """Finds sightings that are to go, and erases them. Every method joins the caller's transaction."""

    def __init__(self, zone: tzinfo) -> None:
        """`zone`: the desk's, in whose months statistics count."""
        self._zone = zone

    def of_withdrawal(self, connection: Connection, withdrawal: str) -> list[HeldSighting]:
        """Every sighting of one consent record, oldest first. `withdrawal`: its hash of the token, in hexadecimal."""
        return _held(connection, sightings.c.withdrawal == withdrawal)

    def of_reference(self, connection: Connection, reference: str) -> list[HeldSighting]:
        """Those with the paper's number, oldest first. Raises UnknownReferenceError."""
        found = _held(connection, sightings.c.reference == reference.strip().upper())
        if not found:
            raise UnknownReferenceError(
                "No intake with this reference is kept here. Compare it with the paper; the unit may hold it still."
            )
        return found

    def aged(self, connection: Connection, days: int, now: int, after: HeldSighting | None) -> list[HeldSighting]:
        """The next sightings received `days` ago or more, or as long ago as their consent record permits.

        Oldest first, a batch at a time; `after`: the last one of the batch before, whether it is still here or not.
        """
        permitted = case((sightings.c.permitted_days < days, sightings.c.permitted_days), else_=literal(days))
        due = sightings.c.received_at <= now - cast(permitted, BigInteger) * literal(DAY, BigInteger)
        return _held(connection, due if after is None else due & _after(after), _BATCH)

    def candidates(self, connection: Connection, sighting: SightingId) -> list[CaseId]:
        """The cases that a sighting named, the best first."""
        query = select(sighting_candidates.c.case_id).where(sighting_candidates.c.sighting_id == sighting)
        return [CaseId(found) for found in connection.scalars(query.order_by(sighting_candidates.c.rank))]

    def erase(self, connection: Connection, sighting: HeldSighting, reason: ErasureReason, at: int) -> dict[str, int]:
        """Erase a sighting; how many of each thing there were."""
        removed = {name: _remove(connection, table, sighting.id) for name, table in _PARTS}
        row = connection.execute(delete(sightings).where(sightings.c.id == sighting.id).returning(sightings)).one()
        candidates = removed["candidates"]
        erased_store.add(
            connection,
            ErasedSighting(
                sighting_id=sighting.id,
                month=month_start(row.received_at, self._zone),
                site=SiteId(row.site),
                sex=Sex(row.sex),
                age_band=AgeBand(row.age_band),
                candidates=candidates,
                retrospective=row.retrospective,
                reason=reason,
                at=at,
            ),
        )
        return {"intakes": 1, "consent records": int(row.sealed_consent is not None), **removed}


def _held(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> list[HeldSighting]:
    query = (
        select(
            sightings.c.id,
            sightings.c.reference,
            sightings.c.unit,
            sightings.c.site,
            sightings.c.received_at,
            sightings.c.legal_basis,
            sightings.c.permitted_days,
            sightings.c.withdrawal,
        )
        .where(condition)
        .order_by(sightings.c.received_at, sightings.c.id)
        .limit(limit)
    )
    return [_read(row) for row in connection.execute(query)]


def _read(row: Row[*tuple[Any, ...]]) -> HeldSighting:
    return HeldSighting(
        id=SightingId(row.id),
        reference=row.reference,
        unit=UnitId(row.unit),
        site=SiteId(row.site),
        received_at=row.received_at,
        legal_basis=LegalBasis(row.legal_basis),
        permitted_days=row.permitted_days,
        withdrawal=row.withdrawal,
    )


def _after(last: HeldSighting) -> ColumnElement[bool]:
    later = sightings.c.received_at > last.received_at
    return later | ((sightings.c.received_at == last.received_at) & (sightings.c.id > last.id))


def _remove(connection: Connection, table: Table, sighting: SightingId) -> int:
    return connection.execute(delete(table).where(table.c.sighting_id == sighting)).rowcount
