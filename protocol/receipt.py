"""A receipt: the hub's word that a message is committed to its disk. Only then may a unit forget it."""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.fields import Fields
from protocol.ids import SightingId, parse_sighting_id

VERSION: Final = 1
MAX_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Receipt:
    """For one sighting in one envelope: `envelope_digest` is the SHA-256 of the envelope as the hub received it."""

    sighting_id: SightingId
    envelope_digest: bytes
    committed_at: int  # milliseconds since 1970 UTC by the hub's clock

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {"v": VERSION, "id": self.sighting_id, "digest": self.envelope_digest, "at": self.committed_at}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="receipt", version=VERSION)
        return cls(
            sighting_id=fields.identifier("id", parse_sighting_id),
            envelope_digest=fields.octets("digest", size=32),
            committed_at=fields.milliseconds("at"),
        )
