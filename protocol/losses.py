"""A loss record: the unit's signed word that it erased messages which the hub never confirmed.

Without it, a number that never arrives could be a message that somebody holds back. It says which intakes are
gone, so that the site can be asked to take them again, and nothing of what they found.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import SightingId, parse_sighting_id
from protocol.moment import Moment

VERSION: Final = 1
MAX_LOST: Final = 64
MAX_BYTES: Final = 16 * 1024


class LossReason(StrEnum):
    """Why a message was erased."""

    RETENTION = "retention"  # its legal basis does not permit to keep it any longer


@dataclass(frozen=True, slots=True)
class LostMessage:
    """One sighting that is gone: its number, the intake that made it, and why."""

    sequence: int
    sighting_id: SightingId
    reference: str  # what staff wrote on paper
    captured: Moment
    reason: LossReason

    def to_value(self) -> cbor.Value:
        """The message's part of a loss record."""
        return {
            "seq": self.sequence,
            "id": self.sighting_id,
            "reference": self.reference,
            "captured": self.captured.to_value(),
            "reason": str(self.reason),
        }

    @classmethod
    def from_value(cls, value: cbor.Value) -> "LostMessage":
        """Raises FieldError."""
        fields = Fields(value, kind="lost message")
        return cls(
            sequence=fields.integer("seq", low=1),
            sighting_id=fields.identifier("id", parse_sighting_id),
            reference=fields.text("reference", limit=16),
            captured=Moment.read(fields.child("captured")),
            reason=fields.choice("reason", LossReason),
        )


@dataclass(frozen=True, slots=True)
class Losses:
    """1 to MAX_LOST messages that were erased together, each with a number of its own."""

    messages: tuple[LostMessage, ...]

    def __post_init__(self) -> None:
        numbers = {message.sequence for message in self.messages}
        if not self.messages or len(numbers) != len(self.messages):
            raise FieldError("A loss record names at least one message, and none of them twice.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode({"v": VERSION, "lost": [message.to_value() for message in self.messages]})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Losses":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="loss record", version=VERSION)
        return cls(tuple(map(LostMessage.from_value, fields.items("lost", limit=MAX_LOST))))
