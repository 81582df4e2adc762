"""Intakes at the screen, from who is present to what is sent. In memory alone until then."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from edge_agent.consent.recorder import Recorded, StorageDays
from edge_agent.found.desk import FoundDesk
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.intakes.making import IntakeMaker
from edge_agent.kiosk.basis import EnteredBasis
from edge_agent.kiosk.found_entry import EnteredFound
from edge_agent.kiosk.lens import SharedCamera
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
    """There is no intake at this screen."""


class OtherStepError(RejectedError):
    """The intake at this screen is at another step: a page was asked for twice, too early or too late."""


class OverrideReasonError(RejectedError):
    """A poor picture is not used without a reason."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What staff see or hear of the child; all of it may be left out."""

    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand | None = None
    speaks: tuple[str, ...] = ()  # codes of languages; of an intake one at most
    given_name: str = ""


@dataclass(slots=True, eq=False)
class Intake:
    """One intake, as far as it has come. Whatever was entered can be entered again until it is sent.

    `found`: of a found child who is registered; None: an intake. `over`: somebody or something has ended it, so that
    whoever still works at it in another thread leaves nothing behind.
    """

    language: Language
    present: Present | None = None
    basis: EnteredBasis | None = None
    consent: Recorded | None = None
    studio: Studio | None = None
    medium: Medium = Medium.PERSON
    override: Override | None = None
    facts: Facts = field(default_factory=Facts)
    found: EnteredFound | None = None
    sent: bool = False
    over: bool = False

    @property
    def pictured(self) -> bool:
        """Whether there is a picture to be sent."""
        return self.studio is not None and self.studio.shot is not None

    def end(self) -> None:
        """Let go of everything, for good."""
        self.over = True
        self.retract()

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
    camera: SharedCamera
    assent_from_age: int
    queued: Callable[[], None]

    def permit(self, intake: Intake, basis: EnteredBasis) -> None:
        """Record the basis.

        Raises IncompleteBasisError, BasisReferenceError, KeepingNotPermittedError, OutboxFullError or the database's
        errors.
        """
        intake.retract()
        intake.basis = basis
        # Without an age, which is told after the picture: an earlier one that does not fit is chosen anew there.
        request = basis.request(intake.language, self.assent_from_age, found=intake.found is not None)
        self.desk.require_permitted(request)
        intake.consent = self.maker.permit(request)
        if intake.over:  # The screen was locked meanwhile, by its own thread.
            intake.retract()

    def open_studio(self, intake: Intake, ticker: Ticker) -> None:
        """Open the camera anew for an intake whose basis is recorded. Raises OtherStepError for another one."""
        consent = intake.consent
        if consent is None or intake.sent:
            raise OtherStepError("No camera without a recorded legal basis.")
        if intake.studio is not None:
            intake.studio.close()
        intake.override = None
        intake.studio = studio = Studio(self.camera, self.recogniser, ticker)
        studio.open()
        if intake.consent is not consent:
            studio.close()  # As in `permit`.

    def use_poor(self, intake: Intake, override: Override | None) -> None:
        """Use pictures that were refused. Raises OverrideReasonError, SeveralFacesError or OtherStepError."""
        if intake.studio is None or not intake.studio.can_override:
            raise OtherStepError("There is no picture to be used.")
        if override is None:
            raise OverrideReasonError("Say why this picture is used.")
        intake.studio.use_poor()
        intake.override = override

    def send(self, intake: Intake, staff: StaffId) -> None:
        """Put the intake on the disk; nothing is searched for before that.

        When it raises, the intake is as it was, and can be sent again. Raises OtherStepError, IncompleteBasisError,
        FieldError for a name that cannot be recorded, or the database's errors.
        """
        shot, basis, consent = self._ready(intake)
        name, speaks = intake.facts.given_name.strip(), next(iter(intake.facts.speaks), "")
        circumstances = Circumstances(intake.present, intake.medium, intake.override, speaks, name, staff)
        request = self._request(intake, basis)
        self.desk.set_aside(self.maker.make(request, consent, shot.captures, shot.template, circumstances))
        self._end(intake)

    def register_found(self, intake: Intake, facts: FoundFacts, staff: StaffId) -> None:
        """Put a found child's registration on the disk.

        When it raises, the registration is as it was, and can be sent again. Raises OtherStepError,
        IncompleteBasisError or the database's errors.
        """
        shot, basis, consent = self._ready(intake)
        self.found.register(self._request(intake, basis), consent, shot.captures[0], facts, staff=staff)
        self._end(intake)

    def _request(self, intake: Intake, basis: EnteredBasis) -> IntakeRequest:
        facts, found = intake.facts, intake.found is not None
        return basis.request(intake.language, self.assent_from_age, age_band=facts.age_band, sex=facts.sex, found=found)

    def _ready(self, intake: Intake) -> tuple[Shot, EnteredBasis, Recorded]:
        """What is to be sent. Raises OtherStepError."""
        shot = None if intake.studio is None else intake.studio.shot
        if shot is None or intake.basis is None or intake.consent is None or intake.sent:
            raise OtherStepError("There is no picture to be sent.")
        return shot, intake.basis, intake.consent

    def _end(self, intake: Intake) -> None:
        intake.sent = True
        if intake.studio is not None:
            intake.studio.close()
        self.queued()
