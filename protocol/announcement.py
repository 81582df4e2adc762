"""The retained announcement that a hub's watchlist has a new TUF timestamp.

It is a hint to look, neither signed nor secret: TUF proves what is fetched. A hostile broker that forges
or withholds it causes one needless look, or a wait until the unit's own timer.
"""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.fields import Fields

VERSION: Final = 1
MAX_BYTES: Final = 128


@dataclass(frozen=True, slots=True)
class Announcement:
    """The version of the newest TUF timestamp."""

    timestamp_version: int

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode({"v": VERSION, "timestamp": self.timestamp_version})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Announcement":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="watchlist announcement", version=VERSION)
        return cls(fields.integer("timestamp", low=1))
