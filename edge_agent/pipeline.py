"""One intake from the legal basis to the disk. It ends the same way whatever it finds."""

from dataclasses import dataclass

import structlog

from edge_agent.camera.frame import OpenCamera
from edge_agent.consent.recorder import TakeAway
from edge_agent.faces.burst import collect_captures
from edge_agent.faces.fusion import fuse
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.making import IntakeMaker
from edge_agent.sightings.request import IntakeRequest
from edge_agent.watchlist.loading import Watchlist
from models.recogniser import Recogniser
from protocol.circumstances import NOT_RECORDED, Circumstances

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Received:
    """All that staff are told: the number to write on paper, how many faces the picture showed, and the receipt."""

    reference: str
    faces: int
    receipt: TakeAway


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """Takes intakes. `watchlist`: None where there is none to compare with."""

    recogniser: Recogniser
    watchlist: Watchlist | None
    desk: IntakeDesk
    maker: IntakeMaker

    def take(
        self, request: IntakeRequest, open_camera: OpenCamera, circumstances: Circumstances = NOT_RECORDED
    ) -> Received:
        """Photograph, search, seal and keep. A request exists only with a legal basis, so the camera may open.

        The consent record is made before and is kept with the intake: until then all of it is in memory alone.

        When this returns the intake is on disk, encrypted; when it raises, nothing of it is left.
        Raises KeepingNotPermittedError or OutboxFullError before the camera opens, a camera's errors, NoFaceError,
        SeveralFacesError, PoorPictureError, or the database's.
        """
        self.desk.require_permitted(request)
        consent = self.maker.permit(request)
        with open_camera() as camera:
            captures = collect_captures(camera.frames(), self.recogniser)
        logger.info("intake.captured")
        template = fuse(captures, self.recogniser)
        taken = self.maker.make(request, consent, captures, template, circumstances)
        self.desk.accept(taken, template, self.watchlist)
        return Received(taken.reference, captures[0].faces, consent.take_away)
