"""A unit's report of itself, sent at every change and as a heartbeat. It says nothing of any child."""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.fields import Fields

VERSION: Final = 1
MAX_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Health:
    """What the hub needs to know of a unit."""

    sent_at: int  # milliseconds since 1970 UTC by the unit's clock
    list_version: int  # of the watchlist in memory; 0 when there is none
    list_published_at: int  # when the hub published it, milliseconds since 1970 UTC; 0 when there is none
    entries: int  # how many cases can be searched
    pending: int  # messages that have no receipt yet
    pack_digest: bytes  # 32 bytes
    software: str

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "at": self.sent_at,
                "list": self.list_version,
                "list_at": self.list_published_at,
                "entries": self.entries,
                "pending": self.pending,
                "pack": self.pack_digest,
                "software": self.software,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Health":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="health report", version=VERSION)
        return cls(
            sent_at=fields.milliseconds("at"),
            list_version=fields.integer("list"),
            list_published_at=fields.milliseconds("list_at"),
            entries=fields.integer("entries"),
            pending=fields.integer("pending"),
            pack_digest=fields.octets("pack", size=32),
            software=fields.text("software", limit=40),
        )
