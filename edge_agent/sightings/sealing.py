"""Sealing what a unit says to its hub."""

from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.trusted_time import Milliseconds
from protocol.envelope import MessageType, seal
from protocol.keys import Identity, PrivateIdentity


@dataclass(frozen=True, slots=True, eq=False)
class HubSealer:
    """Seals to the hub, signed by the unit."""

    identity: PrivateIdentity
    hub: Identity
    now: Callable[[], Milliseconds]

    def seal(self, payload: bytes, message_type: MessageType, sequence: int) -> bytes:
        """The envelope's bytes."""
        return seal(
            payload,
            message_type=message_type,
            sender=self.identity,
            recipient=self.hub,
            sequence=sequence,
            now=self.now(),
        )
