"""People of a site as the hub knows them."""

from dataclasses import dataclass, field
from enum import StrEnum

from faults import RejectedError
from protocol.ids import SiteId, UnitId
from protocol.staff import StaffId, StaffRole


class StaffError(RejectedError):
    """Something cannot be done with a member of staff."""


class UnknownStaffError(RejectedError):
    """There is no such member of staff, or they are of another site."""


class StaffState(StrEnum):
    """Whether somebody may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # not now; the PIN stays
    ENDED = "ended"  # never again: the PIN is gone, the name stays for the intakes that they took


@dataclass(frozen=True, slots=True)
class SitePerson:
    """A member of staff. Times in milliseconds since 1970 UTC."""

    id: StaffId
    site: SiteId
    name: str
    roles: frozenset[StaffRole]
    state: StaffState
    added_at: int
    pin_at: int


class Doubt(StrEnum):
    """Why a message's word on who of the staff it was cannot be right."""

    UNKNOWN = "unknown-staff"  # this hub never knew the person
    ELSEWHERE = "staff-of-another-site"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom a message of a unit names. `name`: None: nobody whom this hub knows."""

    name: str | None
    doubt: Doubt | None


@dataclass(frozen=True, slots=True)
class GivenPin:
    """A new PIN, to be shown once: the hub keeps no PIN, only what verifies it."""

    person: StaffId
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person's row: name and verifier are encrypted."""

    id: StaffId
    site: SiteId
    sealed_name: bytes
    roles: frozenset[StaffRole]
    state: StaffState
    sealed_verifier: bytes | None
    added_at: int
    pin_at: int


@dataclass(frozen=True, slots=True)
class ListState:
    """The newest list of a site: its serial, and when it was issued."""

    serial: int
    issued_at: int


@dataclass(frozen=True, slots=True)
class UnitStaff:
    """What a unit has said of the list that it goes by. `serial`: None: it has none, or has not reported."""

    unit: UnitId
    serial: int | None
    newest: bool
