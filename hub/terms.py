"""The fields' own values as people read them. The catalogues take every one from here, under the name of its kind."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from faults import Sentence
from hub.access.service import Role
from hub.cases.service import BodyPart, Build, CaseState, Complexion, Purpose, Reason, Register, Risk
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
from hub.exchange.service import Recipient
from hub.review.service import Answer, Feature, Outcome, Seen, Urgency
from protocol.person import Sex
from protocol.sighting import LegalBasis

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
)

_OWN_WORDS: Final[Mapping[StrEnum, str]] = {
    Answer.SUPPORT_SAME: "Support for the same person",
    Answer.SUPPORT_DIFFERENT: "Support for different people",
    Sex.UNKNOWN: "Not recorded",
    LegalBasis.GUARDIAN_CONSENT: "Consent of a guardian",
    LegalBasis.BEST_INTERESTS: "Best interests of the child",
    LegalBasis.COURT_ORDER: "Order of a court",
    LegalBasis.POLICE_ORDER: "Order of the police",
    AttemptResult.SENT: "Taken by the service",
    AttemptResult.FAILED: "Not taken",
    AttemptResult.REFUSED: "Refused by the service",
    AttemptResult.BUSY: "The service is busy",
    AttemptResult.NO_ANSWER: "No answer in time",
    AttemptResult.NOT_A_RECIPIENT: "No longer among the recipients",
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
)
"""What a record of a deletion says was removed, and where."""


def term(value: StrEnum) -> Sentence:
    """A value as people read it: `Support for the same person`."""
    own = next((words for one, words in _OWN_WORDS.items() if one is value), None)
    return Sentence(own or _capitalised(value.replace("-", " ")), context=type(value).__name__)


def place(name: str) -> Sentence:
    """Where something of a child was removed: `Database files`, or `Unit bd/benapole-1`."""
    if name in _PLACES:
        return Sentence(_capitalised(name), context="Place")
    return Sentence("Unit {unit}", unit=name.removeprefix("unit "))


def every_term() -> Iterator[Sentence]:
    """All that stands in no source as a literal sentence, for the catalogues."""
    for kind in _TERMS:
        yield from map(term, kind)
    yield from map(place, _PLACES)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
