"""Units as the hub knows them."""

from dataclasses import dataclass

from protocol.envelope import MessageType
from protocol.ids import SiteId, SliceName, UnitId
from protocol.keys import Identity
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
    """The newest report of a unit. Times in milliseconds since 1970 UTC; `sent_at` by the unit's own clock."""

    unit: UnitId
    list_version: int
    list_published_at: int
    entries: int
    pending: int
    pack_digest: bytes  # 32 bytes: the recogniser it runs
    software: str
    sent_at: int
    received_at: int


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message that waits until it can be sealed to its unit and sent; until then the vault has encrypted it."""

    unit: UnitId
    channel: UnitChannel
    type: MessageType
    sealed_payload: bytes
