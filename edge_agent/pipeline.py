"""One intake from the legal basis to the outbox. It ends the same way whatever it finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from edge_agent.camera.frame import OpenCamera
from edge_agent.faces.capture import Capture, collect_captures
from edge_agent.faces.fusion import fuse
from edge_agent.faces.pictures import encode_face
from edge_agent.sightings.outbox import IntakeRecord, Outbox
from edge_agent.sightings.request import IntakeRequest
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import Milliseconds, TrustedClock, as_day
from edge_agent.watchlist.index import Found, Match, Probe
from edge_agent.watchlist.loading import Watchlist
from models import quality
from models.recogniser import Recogniser
from protocol.envelope import MessageType
from protocol.ids import SightingId, SiteId, UnitId, intake_reference
from protocol.keys import Identity, PrivateIdentity
from protocol.sighting import Candidate, Chance, Face, LegalBasis, Quality, Sighting

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Received:
    """All that staff are told: the number to write on paper, and how many faces the picture showed."""

    reference: str
    faces: int


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """Takes intakes with one watchlist. `entropy(n)` gives n random bytes; `retention`: how long an intake may wait unconfirmed."""

    unit: UnitId
    site: SiteId
    identity: PrivateIdentity
    hub: Identity
    recogniser: Recogniser
    watchlist: Watchlist
    calibration: bytes | None
    outbox: Outbox
    clock: TrustedClock
    retention: Mapping[LegalBasis, Milliseconds]
    entropy: Callable[[int], bytes]

    def take(self, request: IntakeRequest, open_camera: OpenCamera) -> Received:
        """Photograph, search, seal and keep. A request exists only with a legal basis, so the camera may open.

        When this returns the sighting is on disk, sealed; when it raises, nothing of the intake is left.
        Raises OutboxFullError before the camera opens, a camera's errors, NoFaceError, SeveralFacesError, PoorPictureError, or the database's.
        """
        self.outbox.require_room()
        logger.info("intake.started", legal_basis=str(request.legal_basis))
        with open_camera() as camera:
            captures = collect_captures(camera.frames(), self.recogniser)
        logger.info("intake.captured")
        found = self._search(request, captures)
        # The pictures are encoded for every intake: one with candidates must not take longer.
        face = encode_face(captures[0])
        reference = intake_reference(self.entropy(5))
        sighting = self._sighting(request, captures, found, face, reference)
        sequence = self._keep(sighting)
        logger.info("sighting.persisted", sequence=sequence)
        return Received(reference, captures[0].faces)

    def _search(self, request: IntakeRequest, captures: list[Capture]) -> Found:
        template = fuse(captures, self.recogniser)
        day = as_day(captures[0].captured_at)
        return self.watchlist.index.search(Probe(template, request.sex, request.age_band, day))

    def _sighting(
        self, request: IntakeRequest, captures: list[Capture], found: Found, face: Face, reference: str
    ) -> Sighting:
        best = captures[0]
        return Sighting(
            sighting_id=SightingId(self.entropy(16).hex()),
            reference=reference,
            unit=self.unit,
            site=self.site,
            captured=self.clock.moment_of(best.captured_at),
            legal_basis=request.legal_basis,
            basis_reference=request.basis_reference,
            age_band=request.age_band,
            sex=request.sex,
            pack_digest=bytes.fromhex(self.recogniser.pack.digest),
            calibration=self.calibration,
            list_version=self.watchlist.installed.list_version,
            retrospective=False,
            comparable=found.comparable,
            frames=len(captures),
            quality=_quality(best.quality),
            candidates=tuple(_candidate(match, rank) for rank, match in enumerate(found.matches, 1)),
            face=face if found.matches else None,
        )

    def _keep(self, sighting: Sighting) -> int:
        payload = sighting.to_bytes()
        sealer = HubSealer(self.identity, self.hub, self.clock.now)
        record = IntakeRecord(
            sighting.sighting_id,
            sighting.reference,
            sighting.captured,
            self.retention[sighting.legal_basis],
            urgent=bool(sighting.candidates),
        )
        return self.outbox.add(record, lambda sequence: sealer.seal(payload, MessageType.SIGHTING, sequence))


def _candidate(match: Match, rank: int) -> Candidate:
    found = match.chance
    chance = None
    if found is not None:
        chance = Chance(found.per_search, found.low, found.high, found.candidates, found.counted)
    return Candidate(match.case, match.photo, rank, match.raw, match.score, chance)


def _quality(found: quality.Quality) -> Quality:
    measures = {_name(component.measure): round(component.score) for component in found.components}
    return Quality(measures, None if found.cause is None else _name(found.cause))


def _name(measure: quality.Measure) -> str:
    return measure.name.lower().replace("_", "-")
