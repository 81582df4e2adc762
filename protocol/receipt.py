"""A receipt: the hub's signed word on one message. Only then may a unit forget it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.fields import Fields

VERSION: Final = 1
MAX_BYTES: Final = 512


class Verdict(StrEnum):
    """What became of the message."""

    COMMITTED = "committed"
    REFUSED = "refused"  # for good: the same bytes would be refused again


@dataclass(frozen=True, slots=True)
class Receipt:
    """For one envelope: `envelope_digest` is the SHA-256 of its bytes as the hub received them.

    A refusal gives no reason: some would tell the room that there was a candidate. The hub's audit trail has it.
    """

    envelope_digest: bytes
    decided_at: int  # when it was committed or refused, in milliseconds since 1970 UTC by the hub's clock
    verdict: Verdict = Verdict.COMMITTED

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "digest": self.envelope_digest,
                "at": self.decided_at,
                "verdict": str(self.verdict),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="receipt", version=VERSION)
        return cls(
            envelope_digest=fields.octets("digest", size=32),
            decided_at=fields.milliseconds("at"),
            verdict=fields.choice("verdict", Verdict),
        )
