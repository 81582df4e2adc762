"""The record of an erasure, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NewType

from hub.cases.service import CaseState, Reason
from protocol.ids import CaseId, SiteId, UnitId
from protocol.staff import StaffId

ErasureId = NewType("ErasureId", str)

WATCHLIST: Final = "watchlist"
DATABASE: Final = "database files"
BACKUPS: Final = "backups"
HUB: Final = "hub"
LEDGER: Final = "ledger of erasures"
HANDED_OUT: Final = "copies handed out"
"""Not the hub's to delete: whoever has them is to be told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that held something of a child. `count`: of how many; `done_at`: None while it may hold it still.

    `silent_since`: when a unit that has not answered was revoked, after which it cannot answer any more.
    """

    place: str
    count: int
    done_at: int | None
    silent_since: int | None = None


class Progress(StrEnum):
    """How far an erasure has come."""

    COMPLETE = "complete"
    OUTSTANDING = "outstanding"
    CANNOT_ANSWER = "cannot-answer"  # nothing is outstanding but places that can no longer say anything


def with_silence(places: tuple[Place, ...], silent: Mapping[str, int]) -> tuple[Place, ...]:
    """Places, those of them that are outstanding with the moment since when they cannot answer."""
    return tuple(one if one.done_at else replace(one, silent_since=silent.get(one.place)) for one in places)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was removed where when a case ended. Times in milliseconds since 1970 UTC."""

    id: ErasureId
    case: CaseId
    state: CaseState
    reason: Reason
    actor: str
    at: int
    list_version: int | None
    completed_at: int | None
    places: tuple[Place, ...]


class Cause(StrEnum):
    """Why intakes are erased."""

    WITHDRAWAL = "withdrawal"  # by the receipt
    DESK = "desk"  # two people of the desk
    RETENTION = "retention"  # they were kept for as long as they may be
    REJECTION = "rejection"  # a found child's registration that is not to be a case


class Hold(StrEnum):
    """Why the hub does not erase an intake at once although its receipt was shown. The later outweighs the earlier."""

    BASIS = "basis"  # no consent permitted it, so that taking consent back does not end it
    UNDECIDED = "undecided"  # people are comparing it with a child who is searched for
    CONFIRMED = "confirmed"  # two people have recognised a child


@dataclass(frozen=True, slots=True)
class IntakeErasure:
    """What was removed where of the intakes of one consent record, or at once by retention.

    `withdrawal`: the record's hash of the receipt's token, in hexadecimal. `every_basis`: two people of the desk ask
    for it, whatever permitted the intake. `reference`, `site`: as far as they are known here. Times as in Erasure.
    """

    id: ErasureId
    cause: Cause
    withdrawal: str | None
    every_basis: bool
    reference: str
    site: str
    actor: str
    at: int
    hold: Hold | None
    completed_at: int | None
    places: tuple[Place, ...]

    @property
    def progress(self) -> Progress:
        """How far it has come in all places."""
        if self.completed_at is not None:
            return Progress.COMPLETE
        waits = any(one.done_at is None and one.silent_since is None for one in self.places)
        return Progress.OUTSTANDING if waits else Progress.CANNOT_ANSWER

    def waits(self, place: str) -> bool:
        """Whether a place is outstanding."""
        return any(one.place == place and one.done_at is None for one in self.places)

    def done_at(self, place: str) -> int | None:
        """When a place held nothing any more; None while it may, or where it is none of them."""
        return next((one.done_at for one in self.places if one.place == place), None)


class RequestReason(StrEnum):
    """Why an intake is to be erased without its receipt."""

    RECEIPT_LOST = "receipt-lost"
    PERSON_ASKED = "person-asked"  # although something holds it
    TAKEN_WRONGLY = "taken-wrongly"


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Somebody of the desk asks for the erasure of an intake; another person decides. `asked_by`: an operator."""

    id: str
    withdrawal: str
    reference: str
    site: str
    reason: RequestReason
    asked_by: int
    asked_at: int


@dataclass(frozen=True, slots=True)
class Taker:
    """Who took a receipt at a unit. `site`: where the unit stood then."""

    staff: StaffId
    site: SiteId


def unit_place(unit: UnitId) -> str:
    """The place that is a unit's list."""
    return f"unit {unit}"


def alert_place(alert: str) -> str:
    """The place that is whoever got an alert."""
    return f"{_ALERT}{alert}"


def alert_of(place: str) -> str | None:
    """The alert that a place is about; None for any other place."""
    return place.removeprefix(_ALERT) if place.startswith(_ALERT) else None


_ALERT: Final = "recipients of the alert "
