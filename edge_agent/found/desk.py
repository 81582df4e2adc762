"""Puts a found child's registration into the outbox, with the record of what permitted it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from edge_agent.consent.recorder import Recorded
from edge_agent.database import UnitDatabase
from edge_agent.faces.capture import Capture
from edge_agent.faces.pictures import encode_portrait
from edge_agent.intakes.store import IntakeStore
from edge_agent.sightings.outbox import IntakeRecord, Outbox
from edge_agent.sightings.request import IntakeRequest
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import Milliseconds, TrustedClock
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType
from protocol.found import MAX_PHOTOGRAPH, FoundChild, FoundFacts
from protocol.ids import FoundId, SightingId, SiteId, UnitId
from protocol.padding import pad
from protocol.sighting import MAX_CONSENT, LegalBasis
from protocol.staff import StaffId
from protocol.topics import UnitChannel

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class FoundDesk:
    """Registers found children. `retention`: for how long a registration may wait for the hub; `records`: how long the
    consent record is kept. `entropy(n)` gives n random bytes.
    """

    unit: UnitId
    site: SiteId
    database: UnitDatabase
    store: IntakeStore
    outbox: Outbox
    sealer: HubSealer
    retention: Mapping[LegalBasis, Milliseconds]
    records: Milliseconds
    clock: TrustedClock
    entropy: Callable[[int], bytes]

    def require_room(self) -> None:
        """Before the camera opens. Raises OutboxFullError when nothing could be kept."""
        self.outbox.require_room(besides=self.store.counts().waiting_bytes)

    def register(
        self,
        request: IntakeRequest,
        consent: Recorded,
        capture: Capture,
        facts: FoundFacts,
        *,
        staff: StaffId | None,
    ) -> None:
        """Keep a registration, encrypted, until the hub has it. `staff`: who made it.

        When this returns it is on the disk; when it raises, nothing of it is. Raises OversizedError or the database's
        errors.
        """
        found = FoundChild(
            found_id=FoundId(self.entropy(16).hex()),
            reference=consent.take_away.receipt.reference,
            unit=self.unit,
            site=self.site,
            captured=self.clock.moment_of(capture.captured_at),
            consent=consent.signed,
            staff=staff,
            age_band=request.age_band,
            sex=request.sex,
            facts=facts,
            photograph=encode_portrait(capture, MAX_PHOTOGRAPH),
        )
        payload = found.to_bytes()
        record = IntakeRecord(
            SightingId(found.found_id),
            found.reference,
            found.captured,
            self.retention[request.basis.kind],
            urgent=False,
            channel=UnitChannel.FOUND,
            withdrawal=withdrawal_of(consent.take_away.receipt.token),
        )
        with self.database.transaction() as tables:
            sequence = self.outbox.add_within(
                tables, record, lambda number: self.sealer.seal(payload, MessageType.FOUND, number)
            )
            padded = pad(consent.signed, MAX_CONSENT + 4)
            self.store.add(tables, "consents", padded, found.captured, self.records)
        logger.info("found.persisted", sequence=sequence)
