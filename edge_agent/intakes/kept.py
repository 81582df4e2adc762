"""A record of an intake whose legal basis permits to keep its template: as long for one as for another.

Every such intake has one, whatever it found: its template is there only while nobody was found. So neither the number
of records nor their length tells which child was recognised.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.intakes.taken import Taken
from protocol import cbor
from protocol.fields import Fields
from protocol.padding import pad, unpad

_BYTES: Final = 8 * 1024
_MAX_SLICES: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """One record. `searched`: the list version that its template was compared with at the intake, of `slices`."""

    taken: Taken
    searched: int
    slices: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Always equally many bytes. Raises OversizedError for a template that is too long to be kept."""
        value: cbor.Value = {"taken": self.taken.to_value(), "searched": self.searched, "slices": list(self.slices)}
        return pad(cbor.encode(value), _BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Kept":
        """Raises MalformedError or FieldError."""
        fields = Fields(cbor.decode(unpad(data), limit=_BYTES), kind="kept intake")
        return cls(
            Taken.read(fields.child("taken")),
            fields.integer("searched"),
            fields.words("slices", limit=_MAX_SLICES),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far all is done: the records up to `last_record` were compared with version `list_version` of `slices`, and
    what they found was told."""

    list_version: int
    slices: tuple[str, ...]
    last_record: int

    def to_bytes(self) -> bytes:
        """Always equally many bytes."""
        value: cbor.Value = {"list": self.list_version, "slices": list(self.slices), "record": self.last_record}
        return pad(cbor.encode(value), _BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Progress":
        """Raises MalformedError or FieldError."""
        fields = Fields(cbor.decode(unpad(data), limit=_BYTES), kind="record of later searches")
        return cls(fields.integer("list"), fields.words("slices", limit=_MAX_SLICES), fields.integer("record"))
