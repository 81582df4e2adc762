"""The hub's answer to a unit that asks what time it is, in a health report with a challenge.

A broker that keeps an answer back and gives it later, or gives an old one again, gains nothing: the unit takes an
answer to its newest challenge alone, and counts the time between question and answer as uncertainty.
"""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.fields import Fields

VERSION: Final = 1
MAX_BYTES: Final = 128
CHALLENGE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class SignedTime:
    """The hub's clock when it answered `challenge`, in milliseconds since 1970 UTC.

    `next_sequence`: the hub knows no durable message of this unit with this number or a greater one. A unit whose
    storage was replaced goes on from there, instead of giving old numbers to new messages.
    """

    challenge: bytes
    at: int
    next_sequence: int

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode({"v": VERSION, "challenge": self.challenge, "at": self.at, "next": self.next_sequence})

    @classmethod
    def from_bytes(cls, data: bytes) -> "SignedTime":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="signed time", version=VERSION)
        return cls(
            challenge=fields.octets("challenge", size=CHALLENGE_BYTES),
            at=fields.milliseconds("at"),
            next_sequence=fields.integer("next", low=1),
        )
