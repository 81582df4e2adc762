"""What the hub knows of a child who is missing, or who was found and whose family is not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hub.cases.description import Description
from protocol.ids import CaseId, PhotoId, SliceName
from protocol.person import BirthBand, Sex
from protocol.sighting import LegalBasis
from protocol.watchlist import EntryTemplate


class Register(StrEnum):
    """A child is missed by a family, or found and untraced: nobody knows whose."""

    MISSING = "missing"
    FOUND = "found"

    @property
    def other(self) -> "Register":
        """The register that this one is searched against."""
        return Register.FOUND if self is Register.MISSING else Register.MISSING


class CaseState(StrEnum):
    """Where a case stands; `hub.cases.lifecycle` says what may follow."""

    OPEN = "open"  # searched for
    LOCATED = "located"  # two people confirmed a match; kept until the child's needs are met
    CLOSED = "closed"
    EXPIRED = "expired"  # nobody renewed it, or the consent has ended
    MERGED = "merged"  # another case of the same child goes on
    ERASED = "erased"


class Reason(StrEnum):
    """Why a case changed its state, of fixed choices: the audit trail keeps it for good."""

    REGISTERED = "registered"
    MATCH_CONFIRMED = "match-confirmed"
    MATCH_RECALLED = "match-recalled"
    REUNITED = "reunited"
    IN_CARE = "in-care"
    OF_AGE = "of-age"
    DECEASED = "deceased"
    WITHDRAWN = "withdrawn"
    MISTAKE = "mistake"
    NOT_RENEWED = "not-renewed"
    CONSENT_ENDED = "consent-ended"
    RECORD_EXPIRED = "record-expired"
    DUPLICATE = "duplicate"
    FAMILY_ASKED = "family-asked"
    COURT_ORDER = "court-order"


class Risk(StrEnum):
    """How urgent a case is, as the desk graded it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Purpose(StrEnum):
    """What a legal basis or a consent covers."""

    SEARCH = "search"
    SHARING = "sharing"  # with other hubs and services
    PUBLICATION = "publication"


@dataclass(frozen=True, slots=True)
class Basis:
    """What permits the hub to keep a case. `reference`: of the form, order or decision. `until`: the last day."""

    ground: LegalBasis = LegalBasis.POLICE_ORDER
    reference: str = ""
    purposes: frozenset[Purpose] = frozenset({Purpose.SEARCH})
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NewCase:
    """What an operator enters. `reference` is the police's or the shelter's own, such as `GD 123/2026`.

    `site`: whose staff may see it; `` for the whole hub's alone. `slice`: the list that units get it on; a found child
    is on none.
    """

    reference: str
    slice: SliceName | None
    sex: Sex
    birth: BirthBand
    last_seen: date | None = None
    register: Register = Register.MISSING
    site: str = ""
    risk: Risk = Risk.MEDIUM
    basis: Basis = field(default_factory=Basis)
    description: Description = field(default_factory=Description)


@dataclass(frozen=True, slots=True)
class GivenPhoto:
    """A photograph as it was handed in: a JPEG, PNG or WebP file, when it was taken, and who gave it."""

    data: bytes
    taken_on: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ReferencePhoto:
    """A case's photograph with what the recogniser made of it."""

    original: bytes  # the file as it was given
    portrait: bytes  # JPEG, the face upright with a margin
    pack_digest: bytes  # 32 bytes
    vector: bytes  # little-endian float32, comparable only within `pack_digest`
    fault: str | None = None  # the measure for which the photograph is too poor, if it was accepted all the same


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is recorded of a photograph beside its picture. `added_at` in milliseconds since 1970 UTC."""

    id: PhotoId
    taken_on: date | None
    source: str
    added_at: int
    despite: str | None  # what is wrong with a poor one, and why it was taken all the same


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case without its pictures and its description. It is on units' lists up to and including `listed_until`."""

    id: CaseId
    register: Register
    state: CaseState
    site: str
    reference: str
    slice: SliceName | None
    sex: Sex
    birth: BirthBand
    last_seen: date | None
    risk: Risk
    photos: tuple[PhotoId, ...]
    taken: Mapping[PhotoId, date]  # the day on which a photograph was taken, where it is known
    despite: Mapping[PhotoId, str]  # photographs that were registered although they are poor: what is wrong, and why
    listed_until: date
    registered_at: int  # milliseconds since 1970 UTC
    merged_into: CaseId | None

    @property
    def high_risk(self) -> bool:
        """Whether the desk graded the case most urgent."""
        return self.risk is Risk.HIGH


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """A change of a case: who made it, when and why. `note`: in the operator's own words, gone with the case."""

    at: int
    actor: str
    state: CaseState
    reason: Reason
    note: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about a case."""

    summary: CaseSummary
    basis: Basis
    description: Description
    photos: tuple[PhotoFacts, ...]
    events: tuple[CaseEvent, ...]
    merged: tuple[CaseId, ...]  # the cases of the same child that went into this one


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as its row has it: what describes the child is encrypted, and gone once the case is erased."""

    id: CaseId
    register: Register
    state: CaseState
    site: str
    slice: SliceName | None
    sealed_reference: bytes | None
    sealed_description: bytes | None
    sealed_basis_reference: bytes | None
    sex: Sex
    birth: BirthBand
    last_seen: date | None
    risk: Risk
    ground: LegalBasis
    purposes: frozenset[Purpose]
    basis_until: date | None
    listed_until: date
    registered_at: int
    renewed_at: int
    state_at: int
    merged_into: CaseId | None


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photograph's row without its pictures."""

    id: PhotoId
    taken_on: date | None
    added_at: int
    fault: str | None
    sealed_source: bytes | None
    sealed_reason: bytes | None


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """An encrypted template of one of a case's photographs."""

    photo: PhotoId
    pack_digest: bytes
    sealed_vector: bytes


@dataclass(frozen=True, slots=True)
class SearchedTemplate:
    """A template of a case that is searched for, with what its comparability depends on."""

    case: CaseId
    sex: Sex
    birth: BirthBand
    template: EntryTemplate


@dataclass(frozen=True, slots=True)
class WaitingPhoto:
    """A photograph that has no template of a pack yet."""

    case: CaseId
    photo: PhotoId
    sealed_original: bytes
