"""A found child's registration as the hub keeps it."""

from dataclasses import dataclass
from enum import StrEnum

from faults import RejectedError
from protocol.found import FoundChild
from protocol.ids import CaseId, FoundId, SiteId, UnitId
from protocol.moment import Moment
from protocol.sighting import LegalBasis


class UnknownFoundChildError(RejectedError):
    """There is no such registration, or it is of another site."""


class FoundStageError(RejectedError):
    """A registration is not where it can be dealt with so."""


class Rejection(StrEnum):
    """Why a registration that could not become a case is not to be one."""

    REGISTERED_TWICE = "registered-twice"
    BY_MISTAKE = "by-mistake"
    PERSON_ASKED = "person-asked"  # the child, or who stands up for the child


class Look(StrEnum):
    """What an officer has seen of a registration."""

    FACTS = "facts"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class FoundArrival:
    """A registration without a fault in itself, with what of it is encrypted at rest."""

    found: FoundChild
    basis: LegalBasis
    record_id: str  # 32 hexadecimal digits
    withdrawal: str  # 64: the SHA-256 of the receipt's token
    sealed_consent: bytes
    sealed_content: bytes


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A registration's row. `problem`: why it became no case, or one without a photograph: an error's name."""

    id: FoundId
    unit: UnitId
    site: SiteId
    reference: str
    captured: Moment
    received_at: int
    staff_id: str | None
    case_id: CaseId | None
    problem: str | None
    checked_at: int | None
    checked_by: str | None
