"""From a search's result to a sealed sighting in the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlite_utils

from edge_agent.intakes.searching import Result
from edge_agent.intakes.taken import Taken
from edge_agent.sightings.outbox import IntakeRecord, Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import Milliseconds
from protocol.consent import read_own_record
from protocol.envelope import MessageType
from protocol.ids import SightingId, SiteId, UnitId
from protocol.losses import Losses
from protocol.sighting import LegalBasis, Sighting


@dataclass(frozen=True, slots=True, eq=False)
class SightingWriter:
    """Puts sightings into the outbox. `retention`: how long one may wait there for the hub."""

    unit: UnitId
    site: SiteId
    calibration: bytes | None
    outbox: Outbox
    sealer: HubSealer
    retention: Mapping[LegalBasis, Milliseconds]

    def write(self, database: sqlite_utils.Database, taken: Taken, result: Result) -> int:
        """An intake's own sighting, in the caller's transaction; its number. Raises the database's errors."""
        keep = self.retention[taken.legal_basis]
        return self._write(database, self._sighting(taken, result, taken.sighting_id, retrospective=False), keep)

    def write_later(
        self,
        database: sqlite_utils.Database,
        taken: Taken,
        result: Result,
        *,
        sighting_id: SightingId,
        kept: Milliseconds,
    ) -> int:
        """What a later search of a template said that was kept for `kept`. Raises the database's errors."""
        keep = kept + self.retention[taken.legal_basis]
        return self._write(database, self._sighting(taken, result, sighting_id, retrospective=True), keep)

    def lose(self, database: sqlite_utils.Database, intakes: list[Taken]) -> None:
        """Tell the hub of intakes that were erased before they could be compared. Raises the database's errors."""

        def seal(sequence: int, losses: Losses) -> bytes:
            return self.sealer.seal(losses.to_bytes(), MessageType.LOSS, sequence)

        lost = [(taken.sighting_id, taken.reference, taken.captured) for taken in intakes]
        self.outbox.lose_within(database, lost, seal)

    def _write(self, database: sqlite_utils.Database, sighting: Sighting, keep: Milliseconds) -> int:
        payload, consent = sighting.to_bytes(), read_own_record(sighting.consent)
        record = IntakeRecord(
            sighting.sighting_id,
            sighting.reference,
            sighting.captured,
            keep,
            urgent=bool(sighting.candidates),
            withdrawal=consent.withdrawal,
            by_consent=consent.basis.kind is LegalBasis.GUARDIAN_CONSENT,
        )
        return self.outbox.add_within(
            database, record, lambda sequence: self.sealer.seal(payload, MessageType.SIGHTING, sequence)
        )

    def _sighting(self, taken: Taken, result: Result, sighting_id: SightingId, *, retrospective: bool) -> Sighting:
        return Sighting(
            sighting_id=sighting_id,
            reference=taken.reference,
            unit=self.unit,
            site=self.site,
            captured=taken.captured,
            legal_basis=taken.legal_basis,
            basis_reference=taken.basis_reference,
            consent=taken.consent,
            age_band=taken.age_band,
            sex=taken.sex,
            circumstances=taken.circumstances,
            pack_digest=bytes.fromhex(taken.pack_digest),
            calibration=self.calibration,
            list_version=result.list_version,
            retrospective=retrospective,
            comparable=result.comparable,
            frames=taken.frames,
            quality=taken.quality,
            candidates=result.candidates,
            face=taken.face if result.candidates and not retrospective else None,
        )
