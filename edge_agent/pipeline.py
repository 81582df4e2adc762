"""One intake from the legal basis to the disk. It ends the same way whatever it finds."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from edge_agent.camera.frame import OpenCamera
from edge_agent.consent.recorder import ConsentRecorder, Recorded, TakeAway
from edge_agent.faces.burst import collect_captures
from edge_agent.faces.capture import Capture
from edge_agent.faces.fusion import fuse
from edge_agent.faces.pictures import encode_face
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.taken import Taken
from edge_agent.sightings.request import IntakeRequest
from edge_agent.trusted_time import TrustedClock
from edge_agent.watchlist.loading import Watchlist
from models import quality
from models.recogniser import Recogniser
from models.template import Template
from protocol.ids import SightingId, intake_reference
from protocol.sighting import Quality

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Received:
    """All that staff are told: the number to write on paper, how many faces the picture showed, and the receipt."""

    reference: str
    faces: int
    receipt: TakeAway


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """Takes intakes. `watchlist`: None where there is none to compare with; `entropy(n)` gives n random bytes."""

    recogniser: Recogniser
    watchlist: Watchlist | None
    desk: IntakeDesk
    recorder: ConsentRecorder
    clock: TrustedClock
    entropy: Callable[[int], bytes]

    def take(self, request: IntakeRequest, open_camera: OpenCamera) -> Received:
        """Photograph, search, seal and keep. A request exists only with a legal basis, so the camera may open.

        The consent record is made before and is kept with the intake: until then all of it is in memory alone.

        When this returns the intake is on disk, encrypted; when it raises, nothing of it is left.
        Raises KeepingNotPermittedError or OutboxFullError before the camera opens, a camera's errors, NoFaceError,
        SeveralFacesError, PoorPictureError, or the database's.
        """
        self.desk.require_permitted(request)
        consent = self.recorder.record(request, intake_reference(self.entropy(5)))
        logger.info("intake.started", legal_basis=str(request.basis.kind))
        with open_camera() as camera:
            captures = collect_captures(camera.frames(), self.recogniser)
        logger.info("intake.captured")
        template = fuse(captures, self.recogniser)
        taken = self._taken(request, consent, captures, template)
        self.desk.accept(taken, template, self.watchlist)
        return Received(taken.reference, captures[0].faces, consent.take_away)

    def _taken(self, request: IntakeRequest, consent: Recorded, captures: list[Capture], template: Template) -> Taken:
        best = captures[0]
        return Taken(
            sighting_id=SightingId(self.entropy(16).hex()),
            reference=consent.take_away.receipt.reference,
            captured=self.clock.moment_of(best.captured_at),
            legal_basis=request.basis.kind,
            basis_reference=request.basis.reference,
            consent=consent.signed,
            may_keep_template=request.keep_template,
            age_band=request.age_band,
            sex=request.sex,
            frames=len(captures),
            quality=_quality(best.quality),
            pack_digest=template.pack_digest,
            template=template,
            # The pictures are encoded for every intake: one with candidates must not take longer.
            face=encode_face(best),
        )


def _quality(found: quality.Quality) -> Quality:
    measures = {_name(component.measure): round(component.score) for component in found.components}
    return Quality(measures, None if found.cause is None else _name(found.cause))


def _name(measure: quality.Measure) -> str:
    return measure.name.lower().replace("_", "-")
