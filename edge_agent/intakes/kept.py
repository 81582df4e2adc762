"""A record of an intake whose legal basis permits to keep its template: as long for one as for another.

Every such intake has one, whatever it found: its template is there only while nobody was found. So neither the number
of records nor their length tells which child was recognised.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.intakes.searching import Result
from edge_agent.intakes.taken import Taken
from protocol import cbor
from protocol.fields import Fields
from protocol.padding import pad, unpad

_BYTES: Final = 8 * 1024
_MAX_SLICES: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """One record. `searched`: the list version that its template was last compared with, of `slices`."""

    taken: Taken
    searched: int
    slices: tuple[str, ...]
    hit: Result | None = None  # until a message has room for it

    def to_bytes(self) -> bytes:
        """Always equally many bytes. Raises OversizedError for a template that is too long to be kept."""
        value: cbor.Value = {
            "taken": self.taken.to_value(),
            "searched": self.searched,
            "slices": list(self.slices),
            "hit": None if self.hit is None else self.hit.to_value(),
        }
        return pad(cbor.encode(value), _BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Kept":
        """Raises MalformedError or FieldError."""
        fields = Fields(cbor.decode(unpad(data), limit=_BYTES), kind="kept intake")
        return cls(
            Taken.read(fields.child("taken")),
            fields.integer("searched"),
            fields.words("slices", limit=_MAX_SLICES),
            Result.read(fields.child("hit")) if fields.has("hit") else None,
        )
