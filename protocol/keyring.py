"""A keyring: the epoch keys of the slices that one unit may read, sealed to it and carried as a TUF target.

It is a lease: from `lease_end` on a unit forgets its keys, unless it has fetched a keyring with a later end.
"""

from dataclasses import dataclass
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields
from protocol.ids import UnitId, parse_slice_name, parse_unit_id
from protocol.segment import KEY_BYTES, EpochKey

VERSION: Final = 1
MAX_BYTES: Final = 64 * 1024
MAX_KEYS: Final = 256


@dataclass(frozen=True, slots=True)
class Keyring:
    """What `unit` may read. It holds at most one key for each epoch of each slice."""

    unit: UnitId
    keys: tuple[EpochKey, ...]
    lease_end: int  # milliseconds since 1970 UTC

    def to_bytes(self) -> bytes:
        """Deterministic CBOR, to be sealed in an envelope."""
        keys: list[cbor.Value] = [{"slice": key.slice, "epoch": key.epoch, "key": key.key} for key in self.keys]
        return cbor.encode({"v": VERSION, "unit": self.unit, "keys": keys, "until": self.lease_end})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Keyring":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_BYTES), kind="keyring", version=VERSION)
        keys = tuple(map(_read_key, fields.items("keys", limit=MAX_KEYS)))
        if len({(key.slice, key.epoch) for key in keys}) != len(keys):
            raise FieldError("A keyring holds two keys for one epoch of a slice.")
        return cls(fields.identifier("unit", parse_unit_id), keys, fields.milliseconds("until"))


def _read_key(value: cbor.Value) -> EpochKey:
    fields = Fields(value, kind="epoch key")
    return EpochKey(
        slice=fields.identifier("slice", parse_slice_name),
        epoch=fields.integer("epoch", low=1),
        key=fields.octets("key", size=KEY_BYTES),
    )
