"""The fields' own values as people read them. The catalogues take every one from here, under the name of its kind."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from faults import Sentence
from hub.access.service import Role
from hub.audit.service import AuditAction
from hub.cases.service import BodyPart, Build, CaseState, Complexion, Likeness, Purpose, Reason, Register, Risk
from hub.dispatch.service import (
    AcknowledgedBy,
    AlertStatus,
    AttemptResult,
    Channel,
    Grade,
    MessageKind,
    Reach,
    RecallReason,
    RecipientKind,
)
from hub.erasure.model import Hold, Progress, RequestReason, alert_of
from hub.exchange.service import Recipient
from hub.found.service import Rejection
from hub.review.service import Answer, Feature, Outcome, Seen, Urgency
from hub.staff.service import StaffState
from hub.statistics.service import Breakdown, Measure
from hub.trail_words import TRAIL
from protocol.person import Sex
from protocol.sighting import LegalBasis
from protocol.staff import StaffRole

_TERMS: Final[tuple[type[StrEnum], ...]] = (
    Answer,
    Feature,
    Seen,
    Outcome,
    Urgency,
    Sex,
    LegalBasis,
    Role,
    Register,
    CaseState,
    Reason,
    Risk,
    Purpose,
    Build,
    Complexion,
    BodyPart,
    Likeness,
    Recipient,
    AlertStatus,
    MessageKind,
    RecallReason,
    AttemptResult,
    AcknowledgedBy,
    RecipientKind,
    Grade,
    Reach,
    Channel,
    StaffRole,
    StaffState,
    Rejection,
    Hold,
    Progress,
    RequestReason,
    Breakdown,
    Measure,
    AuditAction,
)

_OWN_WORDS: Final[Mapping[StrEnum, str]] = {
    Answer.SUPPORT_SAME: "Support for the same person",
    Answer.SUPPORT_DIFFERENT: "Support for different people",
    Sex.UNKNOWN: "Not recorded",
    LegalBasis.GUARDIAN_CONSENT: "Consent of a guardian",
    LegalBasis.BEST_INTERESTS: "Best interests of the child",
    LegalBasis.COURT_ORDER: "Order of a court",
    LegalBasis.POLICE_ORDER: "Order of the police",
    Hold.BASIS: "No consent permitted it: two people of the desk decide",
    Hold.UNDECIDED: "Waits until its comparison is decided",
    Hold.CONFIRMED: "A child was recognised: two people of the desk decide",
    Progress.CANNOT_ANSWER: "Cannot be confirmed",
    RequestReason.RECEIPT_LOST: "The receipt is lost",
    RequestReason.PERSON_ASKED: "The person asks for it although something holds it",
    RequestReason.TAKEN_WRONGLY: "It should not have been taken",
    StaffRole.INTAKE: "Take intakes",
    StaffRole.FOUND: "Register found children",
    StaffRole.WITHDRAWAL: "Take back consent",
    StaffRole.NOTICES: "Read notices of the desk",
    StaffRole.TECHNICIAN: "Look after the unit",
    AcknowledgedBy.CAP: "Message of the partner",
    AttemptResult.SENT: "Taken by the service",
    AttemptResult.FAILED: "Not taken",
    AttemptResult.REFUSED: "Refused by the service",
    AttemptResult.BUSY: "The service is busy",
    AttemptResult.NO_ANSWER: "No answer in time",
    AttemptResult.NOT_A_RECIPIENT: "No longer among the recipients",
    **TRAIL,
}
"""Where the value itself, written as words, would say too little."""

_PLACES: Final = (
    "photographs",
    "templates",
    "suggestions",
    "matches",
    "names",
    "notes",
    "open reviews",
    "drafts of answers",
    "notes of looks",
    "watchlist",
    "database files",
    "backups",
    "copies handed out",
    "hub",
    "ledger of erasures",
)
"""What a record of a deletion says was removed, and where."""

_FIELDS: Final[Mapping[str, Sentence]] = {
    "names": Sentence("Names"),
    "sex": Sentence("Sex"),
    "born_on": Sentence("Day of birth"),
    "born_from": Sentence("Born from"),
    "born_to": Sentence("Born until"),
    "languages": Sentence("Languages"),
    "height_cm": Sentence("Height"),
    "build": Sentence("Build"),
    "complexion": Sentence("Complexion"),
    "marks": Sentence("Marks"),
    "last_seen": Sentence("Day"),
    "place": Sentence("Place"),
    "clothing": Sentence("Clothing"),
    "circumstances": Sentence("Circumstances"),
    "reference": Sentence("Reference"),
    "station": Sentence("Station or shelter"),
    "risk": Sentence("Risk"),
    "reporter_name": Sentence("Reported by"),
    "reporter_relation": Sentence("Relation to the child"),
    "reporter_telephone": Sentence("Telephone of the reporter"),
    "legal_basis": Sentence("Legal basis"),
    "basis_reference": Sentence("Number of the form, order or decision"),
    "basis_until": Sentence("Last day"),
    "photo_taken_on": Sentence("Taken on"),
    "photo_source": Sentence("Who gave them"),
    "despite": Sentence("Why a poor photograph is taken"),
    "register": Sentence("Register"),
    "purposes": Sentence("It covers"),
    "site": Sentence("Site"),
    "slice": Sentence("List"),
    "photographs": Sentence("Photographs"),
    "photos": Sentence("Photographs"),
    "guardian_name": Sentence("Guardian"),
    "guardian_relation": Sentence("Relation of the guardian"),
    "guardian_telephone": Sentence("Telephone of the guardian"),
    "name": Sentence("Name"),
    "answer": Sentence("Answer"),
    "comment": Sentence("Comment"),
    "reason": Sentence("Reason"),
    "note": Sentence("Note"),
    "text": Sentence("Remark"),
    "case": Sentence("Case"),
    "countries": Sentence("Also for countries"),
    "source": Sentence("How the source was verified"),
    "corroboration": Sentence("What corroborates the report"),
    "verdict": Sentence("Verdict"),
    "recipient": Sentence("For whom"),
    "kind": Sentence("What it is"),
    "of": Sentence("Which one"),
    "reach": Sentence("Chosen by"),
    "grade": Sentence("May read"),
    "language": Sentence("Language"),
    "turn": Sentence("Turn"),
    "roles": Sentence("Roles"),
    "sites": Sentence("Sites"),
    "other": Sentence("The other case"),
    "state": Sentence("State"),
    "age": Sentence("Age"),
}
"""What the fields of forms are called where a page does not write it beside them."""


def term(value: StrEnum) -> Sentence:
    """A value as people read it: `Support for the same person`."""
    own = next((words for one, words in _OWN_WORDS.items() if one is value), None)
    return Sentence(own or _capitalised(value.replace("-", " ")), context=type(value).__name__)


def place(name: str) -> Sentence:
    """Where something of a child was removed: `Database files`, or `Unit bd/benapole-1`."""
    if name in _PLACES:
        return Sentence(_capitalised(name), context="Place")
    alert = alert_of(name)
    if alert is not None:
        return Sentence("Recipients of the alert {alert}", alert=alert)
    return Sentence("Unit {unit}", unit=name.removeprefix("unit "))


def field(name: str) -> Sentence:
    """What a field of a form is called: `Day of birth`, or `Relation of the guardian 2`."""
    first, _, number = name.partition("guardian_")
    if not first and number[:1].isdigit():
        which, _, rest = number.partition("_")
        return Sentence("{field} {number}", field=_FIELDS[f"guardian_{rest}"], number=which)
    if name in _FIELDS:
        return _FIELDS[name]
    feature = next((one for one in Feature if one.name.lower() == name), None)
    return term(feature) if feature else Sentence(_capitalised(name.replace("_", " ")))


def every_term() -> Iterator[Sentence]:
    """All that stands in no source as a literal sentence, for the catalogues."""
    for kind in _TERMS:
        yield from map(term, kind)
    yield from map(place, _PLACES)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
