"""Where the two sides of a review come from: an intake, or the register's found children."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from hub.ingest.reader import UnknownSightingError
from hub.review.model import Finding, Heading, Look, Missing, Review, Side, Subject
from hub.review.neighbours import Cases, Matches, SightingFacts, Sightings
from models.images import decode_image, encode_jpeg
from protocol.circumstances import Circumstances
from protocol.ids import CaseId, PhotoId, SightingId, local_part
from protocol.person import Sex
from protocol.sighting import Candidate

_ERASED: Final = "erased"
_ORIGINAL_QUALITY: Final = 88


class Source(Protocol):
    """One kind of review's facts, pictures and findings."""

    def subject(self, connection: Connection, review: Review, /) -> Subject:
        """The child in question."""

    def headings(self, connection: Connection, reviews: Sequence[Review], /) -> Sequence[Heading]:
        """How a list names the children in question, of each review in its order."""

    def missing(self, connection: Connection, review: Review, /) -> Missing:
        """The missing child."""

    def circumstances(self, connection: Connection, review: Review, /) -> Circumstances | None:
        """How the picture was taken, where somebody recorded it."""

    def picture(self, review: Review, side: Side, /, *, original: bool) -> bytes:
        """JPEG without metadata: the aligned face, or the photograph as far as the hub has it."""

    def finding(self, connection: Connection, review: Review, /) -> Finding | None:
        """What the machines say. Asked for only when the reader has answered."""


class SightingSource:
    """Intakes that units sent, against cases."""

    def __init__(self, sightings: Sightings, cases: Cases) -> None:
        self._sightings = sightings
        self._cases = cases

    def subject(self, connection: Connection, review: Review) -> Subject:
        """The child of the intake; of one that was erased, nothing but that it was."""
        try:
            intake = self._sightings.sighting(connection, SightingId(review.source))
        except UnknownSightingError:
            return _erased(review.site)
        return Subject(
            reference=intake.reference,
            site=intake.site,
            unit=intake.unit,
            capture=intake.capture,
            legal_basis=intake.legal_basis,
            age_band=intake.age_band,
            birth=None,
            sex=intake.sex,
            doubt=intake.quality.warning,
            pictured=not intake.retrospective,
        )

    def headings(self, connection: Connection, reviews: Sequence[Review]) -> list[Heading]:
        """Of the intakes."""
        intakes = self._sightings.sightings(connection, {SightingId(review.source) for review in reviews})
        return [_heading(intakes.get(SightingId(review.source))) for review in reviews]

    def missing(self, connection: Connection, review: Review) -> Missing:
        """The candidate's case."""
        return _missing(self._cases, connection, review)

    def circumstances(self, connection: Connection, review: Review) -> Circumstances | None:
        """As staff of the unit recorded them; none of an intake that was erased."""
        try:
            return self._sightings.circumstances(connection, SightingId(review.source))
        except UnknownSightingError:
            return None

    def picture(self, review: Review, side: Side, *, original: bool) -> bytes:
        """Units send the face alone: there is no other original of an intake."""
        if side is Side.INTAKE:
            return self._sightings.portrait(SightingId(review.source))
        return _of_case(self._cases, review.pair.case, review.pair.photo, original=original)

    def finding(self, connection: Connection, review: Review) -> Finding | None:
        """What the unit and the hub say of the candidate."""
        return self._sightings.finding(connection, SightingId(review.source), review.pair.case)


class RegisterSource:
    """Found children of the register, against cases.

    Their reference is the case's pseudonym: the police's, in words of its own, would name the child or the place to
    whoever reads the queue, and the alert.
    """

    def __init__(self, matches: Matches, cases: Cases) -> None:
        self._matches = matches
        self._cases = cases

    def subject(self, connection: Connection, review: Review) -> Subject:
        """The found child, whose case's identifier is the pair's probe."""
        found = self._cases.summary(connection, CaseId(review.pair.probe))
        return Subject(
            reference=local_part(found.id),
            site=review.site,
            unit=None,
            capture=None,
            legal_basis=None,
            age_band=None,
            birth=found.birth,
            sex=found.sex,
            doubt=None,
            pictured=not self._cases.has_ended(connection, found.id),
        )

    def headings(self, _connection: Connection, reviews: Sequence[Review]) -> list[Heading]:
        """Of the found children."""
        return [Heading(local_part(CaseId(review.pair.probe)), None, None) for review in reviews]

    def missing(self, connection: Connection, review: Review) -> Missing:
        """The missing child."""
        return _missing(self._cases, connection, review)

    def circumstances(self, _connection: Connection, _review: Review) -> Circumstances | None:
        """Nobody's: the register's photographs came with their cases."""
        return None

    def picture(self, review: Review, side: Side, *, original: bool) -> bytes:
        """Both are photographs of cases."""
        if side is Side.INTAKE:
            return _of_case(self._cases, CaseId(review.pair.probe), PhotoId(review.pair.probe_photo), original=original)
        return _of_case(self._cases, review.pair.case, review.pair.photo, original=original)

    def finding(self, connection: Connection, review: Review) -> Finding | None:
        """The hub's own recogniser has found it: there is no second one."""
        match = self._matches.find(connection, review.source)
        candidate = Candidate(match.missing, match.missing_photo, 1, match.raw, match.score, match.chance)
        return RegisterFinding(candidate, match.comparable)


@dataclass(frozen=True, slots=True)
class RegisterFinding:
    """What the search of the register says, in the shape of what a unit says."""

    candidate: Candidate
    comparable: int
    frames: int = 1
    looked: bool = True
    look: Look | None = None


def _heading(intake: SightingFacts | None) -> Heading:
    if intake is None:
        return Heading(_ERASED, None, None)
    return Heading(intake.reference, intake.capture, intake.age_band)


def _erased(site: str) -> Subject:
    return Subject(
        reference=_ERASED,
        site=site,
        unit=None,
        capture=None,
        legal_basis=None,
        age_band=None,
        birth=None,
        sex=Sex.UNKNOWN,
        doubt=None,
        pictured=False,
    )


def _missing(cases: Cases, connection: Connection, review: Review) -> Missing:
    case = cases.summary(connection, review.pair.case)
    holder = cases.surviving(connection, case.id)
    photographs = case if holder == case.id else cases.summary(connection, holder)
    return Missing(
        case=case.id,
        reference=case.reference,
        sex=case.sex,
        birth=case.birth,
        taken=photographs.taken.get(review.pair.photo),
        despite=photographs.despite.get(review.pair.photo),
        high_risk=case.high_risk,
        pictured=not cases.has_ended(connection, case.id),
    )


def _of_case(cases: Cases, case: CaseId, photo: PhotoId, *, original: bool) -> bytes:
    if not original:
        return cases.portrait(case, photo)
    return plain_jpeg(cases.original(case, photo))


def plain_jpeg(data: bytes) -> bytes:
    """A photograph's pixels alone: files of families hold places, names and other pictures in their metadata.

    Raises ImageRejectedError.
    """
    return encode_jpeg(decode_image(data), quality=_ORIGINAL_QUALITY)
