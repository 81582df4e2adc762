"""From a request and the pictures of its person to what is searched for; nothing of it is on the disk yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from edge_agent.consent.recorder import ConsentRecorder, Recorded
from edge_agent.faces.capture import Capture
from edge_agent.faces.pictures import encode_face
from edge_agent.intakes.taken import Taken
from edge_agent.sightings.request import IntakeRequest
from edge_agent.trusted_time import TrustedClock
from models import quality
from models.template import Template
from protocol.circumstances import Circumstances
from protocol.ids import SightingId, intake_reference
from protocol.sighting import Quality

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class IntakeMaker:
    """Makes intakes. `entropy(n)` gives n random bytes."""

    recorder: ConsentRecorder
    clock: TrustedClock
    entropy: Callable[[int], bytes]

    def permit(self, request: IntakeRequest) -> Recorded:
        """Record, in memory, what permits the photograph; only then may the camera open."""
        consent = self.recorder.record(request, intake_reference(self.entropy(5)))
        logger.info("intake.started", legal_basis=str(request.basis.kind))
        return consent

    def make(
        self,
        request: IntakeRequest,
        consent: Recorded,
        captures: Sequence[Capture],
        template: Template,
        circumstances: Circumstances,
    ) -> Taken:
        """The intake of at least one capture, the best first, and their template. Raises OversizedError."""
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
            circumstances=circumstances,
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
