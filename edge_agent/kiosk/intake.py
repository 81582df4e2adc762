"""Intakes at the screen, from who is present to what is sent. In memory alone until then."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from edge_agent.camera.frame import OpenCamera
from edge_agent.consent.recorder import Recorded, StorageDays
from edge_agent.found.desk import FoundDesk
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.making import IntakeMaker
from edge_agent.kiosk.basis import EnteredBasis
from edge_agent.kiosk.studio import Shot, Studio
from edge_agent.kiosk.ticker import Ticker
from edge_agent.sightings.request import IntakeRequest
from faults import RejectedError
from models.recogniser import Recogniser
from protocol.basis import Language
from protocol.circumstances import Circumstances, Medium, Override, Present
from protocol.found import FoundFacts
from protocol.person import AgeBand, Sex
from protocol.staff import StaffId

logger = structlog.get_logger()


class IntakeOverError(RejectedError):
    """There is no intake at this screen, or it is not at this step."""


class OverrideReasonError(RejectedError):
    """A poor picture is not used without a reason."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What staff see or hear of the child; all of it may be left out."""

    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand | None = None
    speaks: str = ""
    given_name: str = ""


@dataclass(slots=True, eq=False)
class Intake:
    """One intake, as far as it has come. Whatever was entered can be entered again until it is sent."""

    language: Language
    present: Present | None = None
    basis: EnteredBasis | None = None
    consent: Recorded | None = None
    studio: Studio | None = None
    medium: Medium = Medium.PERSON
    override: Override | None = None
    facts: Facts = field(default_factory=Facts)
    sent: bool = False
    ticker: Ticker | None = None
    found: FoundFacts | None = None  # of a found child who is registered; None: an intake

    @property
    def pictured(self) -> bool:
        """Whether there is a picture to be sent."""
        return self.studio is not None and self.studio.shot is not None

    def retract(self) -> None:
        """Let go of the record and of every picture: they belong to the basis that they were taken under."""
        self.consent = self.override = None  # First: a studio that is being opened in the other thread sees it.
        studio, self.studio = self.studio, None
        if studio is not None:
            studio.close()


@dataclass(frozen=True, slots=True, eq=False)
class IntakeRoom:
    """Does what the pages ask for. `permit` and `send` use the database: they belong to the worker's thread.

    `queued` is called when an intake is on the disk; it is compared afterwards, by somebody else.
    """

    desk: IntakeDesk
    found: FoundDesk
    maker: IntakeMaker
    days: StorageDays
    recogniser: Recogniser
    open_camera: OpenCamera
    assent_from_age: int
    queued: Callable[[], None]

    def permit(self, intake: Intake, basis: EnteredBasis) -> None:
        """Record the basis.

        Raises IncompleteBasisError, BasisReferenceError, KeepingNotPermittedError, OutboxFullError or the database's
        errors.
        """
        intake.retract()
        intake.basis = basis
        request = self._request(intake, basis)
        self.desk.require_permitted(request)
        intake.consent = self.maker.permit(request)

    def open_studio(self, intake: Intake, ticker: Ticker) -> None:
        """Open the camera anew for an intake whose basis is recorded. Raises IntakeOverError for another one."""
        consent = intake.consent
        if consent is None or intake.sent:
            raise IntakeOverError("No camera without a recorded legal basis.")
        if intake.studio is not None:
            intake.studio.close()
            intake.studio.wait_until_closed()
        intake.override = None
        intake.ticker = ticker
        intake.studio = studio = Studio(self.open_camera, self.recogniser, ticker.tick)
        studio.open()
        if intake.consent is not consent:
            studio.close()  # The screen was locked meanwhile, by its own thread.

    def use_poor(self, intake: Intake, override: Override | None) -> None:
        """Use pictures that were refused. Raises OverrideReasonError, SeveralFacesError or IntakeOverError."""
        if intake.studio is None or not intake.studio.can_override:
            raise IntakeOverError("There is no picture to be used.")
        if override is None:
            raise OverrideReasonError("Say why this picture is used.")
        intake.studio.use_poor()
        intake.override = override

    def send(self, intake: Intake, facts: Facts, staff: StaffId) -> None:
        """Put the intake on the disk; nothing is searched for before that.

        When it raises, the intake is as it was, and can be sent again. Raises IntakeOverError, IncompleteBasisError,
        FieldError for a name that cannot be recorded, or the database's errors.
        """
        intake.facts = facts
        shot, basis, consent = self._ready(intake)
        circumstances = Circumstances(
            intake.present, intake.medium, intake.override, facts.speaks, facts.given_name.strip(), staff
        )
        request = self._request(intake, basis)
        self.desk.set_aside(self.maker.make(request, consent, shot.captures, shot.template, circumstances))
        self._end(intake)

    def register_found(self, intake: Intake, facts: FoundFacts, staff: StaffId) -> None:
        """Put a found child's registration on the disk.

        When it raises, the registration is as it was, and can be sent again. Raises IntakeOverError,
        IncompleteBasisError or the database's errors.
        """
        intake.found = facts
        shot, basis, consent = self._ready(intake)
        self.found.register(self._request(intake, basis), consent, shot.captures[0], facts, staff=staff)
        self._end(intake)

    def _request(self, intake: Intake, basis: EnteredBasis) -> IntakeRequest:
        facts, found = intake.facts, intake.found is not None
        return basis.request(intake.language, self.assent_from_age, age_band=facts.age_band, sex=facts.sex, found=found)

    def _ready(self, intake: Intake) -> tuple[Shot, EnteredBasis, Recorded]:
        """What is to be sent. Raises IntakeOverError."""
        shot = None if intake.studio is None else intake.studio.shot
        if shot is None or intake.basis is None or intake.consent is None or intake.sent:
            raise IntakeOverError("There is no picture to be sent.")
        return shot, intake.basis, intake.consent

    def _end(self, intake: Intake) -> None:
        intake.sent = True
        if intake.studio is not None:
            intake.studio.close()
        self.queued()
