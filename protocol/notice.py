"""A decision notice: the hub asks a site to telephone about an intake. It holds no face, name or result."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.fields import Fields
from protocol.ids import SightingId, parse_sighting_id

VERSION: Final = 1
MAX_BYTES: Final = 512


class NoticeKind(StrEnum):
    """What the site is asked to do."""

    # Of one length, so that their envelopes are of one size.
    CALL_DESK = "call-desk"
    NO_ACTION = "no-action"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Notice:
    """About the intake with the paper `reference`; a later notice of the same sighting replaces an earlier one."""

    sighting_id: SightingId
    reference: str
    kind: NoticeKind
    decided_at: int  # milliseconds since 1970 UTC by the hub's clock

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "id": self.sighting_id,
                "reference": self.reference,
                "kind": str(self.kind),
                "at": self.decided_at,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Notice":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="notice", version=VERSION)
        return cls(
            sighting_id=fields.identifier("id", parse_sighting_id),
            reference=fields.text("reference", limit=16),
            kind=fields.choice("kind", NoticeKind),
            decided_at=fields.milliseconds("at"),
        )
