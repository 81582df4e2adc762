"""What a unit must still know of a message that is sealed to the hub: encrypted, as long for one as for another."""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.fields import Fields
from protocol.moment import Moment
from protocol.padding import pad, unpad

_BYTES: Final = 192


@dataclass(frozen=True, slots=True)
class Facts:
    """The paper's number and the moment, for a loss record; and whether to send it before others.

    `withdrawal`: what its consent record says of the receipt's token; `by_consent`: whether the receipt ends it.
    """

    reference: str
    captured: Moment
    urgent: bool
    withdrawal: bytes = b""
    by_consent: bool = False

    def to_bytes(self) -> bytes:
        """Always equally many bytes."""
        value: cbor.Value = {
            "reference": self.reference,
            "captured": self.captured.to_value(),
            "urgent": self.urgent,
            "withdrawal": self.withdrawal,
            "by_consent": self.by_consent,
        }
        return pad(cbor.encode(value), _BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Facts":
        """Raises MalformedError or FieldError."""
        fields = Fields(cbor.decode(unpad(data), limit=_BYTES), kind="message in the outbox")
        return cls(
            fields.text("reference", limit=16),
            Moment.read(fields.child("captured")),
            fields.boolean("urgent"),
            fields.octets("withdrawal", limit=32),
            fields.boolean("by_consent"),
        )
