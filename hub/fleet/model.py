"""Units as the hub knows them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.envelope import MessageType
from protocol.health import Health
from protocol.ids import SiteId, SliceName, UnitId
from protocol.keys import Identity
from protocol.moment import Moment
from protocol.topics import UnitChannel


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that provisioning enrolled: its site, the slices it may search and its public keys."""

    id: UnitId
    site: SiteId
    slices: tuple[SliceName, ...]  # sorted
    identity: Identity

    def to_record(self) -> tuple[object, ...]:
        """Everything that is known of the unit in values that can be compared."""
        return self.id, self.site, self.slices, self.identity.verify_key.raw, self.identity.seal_key.raw


@dataclass(frozen=True, slots=True)
class UnitHealth:
    """The newest report of a unit. `gone_at`: when the broker said since then that the connection broke, a mere hint.

    Times in milliseconds since 1970 UTC by the hub's clock; those inside `report` are by the unit's own.
    """

    unit: UnitId
    report: Health
    received_at: int
    gone_at: int | None


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a message to a unit needs of the database: whom it is for, and the hub's number for it."""

    recipient: Identity
    sequence: int


class Standing(StrEnum):
    """What the hub knows of one of a unit's numbered messages."""

    SIGHTING = "sighting"  # committed
    FOUND = "found"  # a found child's registration, committed
    LOSS = "loss"  # a loss record, committed
    LOST = "lost"  # never came: the unit has erased it, and says so
    WITHDRAWAL = "withdrawal"  # what a unit erased because consent was taken back, committed
    WITHDRAWN = "withdrawn"  # never came: its consent was taken back first
    REFUSED = "refused"  # came, and can never be taken


ABSENT: Final = (Standing.LOST, Standing.WITHDRAWN)
"""Numbers that are accounted for without their message. It may come after all, from a copy on the way."""


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that was dealt with. `digest` is the SHA-256 of its envelope; `at` in milliseconds since 1970 UTC."""

    digest: bytes
    standing: Standing
    at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a unit's durable messages have come. Numbers begin at 1 and leave none out."""

    greatest: int  # number that is known of, received or by the unit's own report
    missing: tuple[range, ...] = ()  # numbers of which nothing is known, the oldest ranges first
    missing_count: int = 0
    lost: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class LostIntake:
    """An intake that a unit had to erase before it was delivered, so that its site can be asked to take it again."""

    unit: UnitId
    reference: str  # as staff wrote it on paper
    captured: Moment  # by the unit's clock
    reported_at: int


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as the console shows it; `health` is None until it has reported."""

    unit: Unit
    health: UnitHealth | None
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message that waits until it can be sealed to its unit and sent; until then the vault has encrypted it."""

    unit: UnitId
    channel: UnitChannel
    type: MessageType
    sealed_payload: bytes
