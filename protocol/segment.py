"""A segment: an encrypted step of one slice of a watchlist, carried as a TUF target.

    segment   = CBOR [ "mca-segment", 1, epoch, nonce, ciphertext ]
    plaintext = pad( zlib( CBOR { v, slice, sequence, snapshot, upserts, removals } ) )

AES-256-GCM under the slice's epoch key, with the target's path as associated data: a segment cannot be
served in the place of another. A snapshot starts the list anew; other segments follow it one by one. A long
list is many segments, so that neither side ever has more of it at hand than one.
"""

import zlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol import cbor
from protocol.columns import MAX_ENTRIES, EntryColumns, read_case
from protocol.errors import (
    BadKeyError,
    FieldError,
    MalformedError,
    OversizedError,
    UnknownVersionError,
    UnsealError,
)
from protocol.fields import Fields
from protocol.ids import CaseId, SliceName, parse_slice_name
from protocol.padding import pad_to_multiple, unpad

VERSION: Final = 1
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MAX_SEGMENT: Final = 16 * 1024 * 1024
MAX_PLAINTEXT: Final = 16 * 1024 * 1024
_BLOCK: Final = 8 * 1024  # Hides how many of a few entries a segment holds; of many, only the order of size shows.
_CONTEXT = b"mca/segment/1\0"


@dataclass(frozen=True, slots=True)
class Segment:
    """Step `sequence` of a slice: entries to add or replace, and cases to forget."""

    slice: SliceName
    sequence: int
    snapshot: bool
    upserts: EntryColumns
    removals: tuple[CaseId, ...]

    def __post_init__(self) -> None:
        if len(set(self.removals).difference(self.upserts.cases)) != len(self.removals):
            raise FieldError("A segment names each case once: it is added, replaced or forgotten.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR, before compression and encryption."""
        return cbor.encode(
            {
                "v": VERSION,
                "slice": self.slice,
                "sequence": self.sequence,
                "snapshot": self.snapshot,
                "upserts": self.upserts.to_value(),
                "removals": list(self.removals),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Segment":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_PLAINTEXT), kind="segment", version=VERSION)
        return cls(
            slice=fields.identifier("slice", parse_slice_name),
            sequence=fields.integer("sequence", low=1),
            snapshot=fields.boolean("snapshot"),
            upserts=EntryColumns.read(fields.child("upserts")),
            removals=tuple(map(read_case, fields.items("removals", limit=MAX_ENTRIES))),
        )


@dataclass(frozen=True, slots=True)
class EpochKey:
    """The key of one epoch of one slice."""

    slice: SliceName
    epoch: int
    key: bytes

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise BadKeyError(f"An epoch key has {KEY_BYTES} bytes.")

    def __repr__(self) -> str:
        return f"EpochKey({self.slice!r}, epoch={self.epoch})"


def encrypt_segment(segment: Segment, *, key: EpochKey, path: str, nonce: bytes) -> bytes:
    """The target's bytes. `nonce`: 12 random bytes, used once with this key."""
    plaintext = pad_to_multiple(zlib.compress(segment.to_bytes(), 6), _BLOCK)
    ciphertext = AESGCM(key.key).encrypt(nonce, plaintext, _associated(path))
    return cbor.encode(["mca-segment", VERSION, key.epoch, nonce, ciphertext])


def segment_epoch(data: bytes) -> int:
    """Which epoch's key opens these bytes. Raises MalformedError or UnknownVersionError."""
    return _split(data)[0]


def decrypt_segment(data: bytes, *, key: EpochKey, path: str) -> Segment:
    """The segment that the target at `path` holds.

    Raises UnsealError with another key, at another path or after any change of the bytes; MalformedError,
    FieldError, OversizedError or UnknownVersionError when what opens is not a segment of this slice.
    """
    epoch, nonce, ciphertext = _split(data)
    if epoch != key.epoch:
        raise UnsealError(f"A segment of epoch {epoch} cannot be opened with the key of epoch {key.epoch}.")
    try:
        plaintext = AESGCM(key.key).decrypt(nonce, ciphertext, _associated(path))
    except InvalidTag:
        raise UnsealError("A segment of the watchlist does not open: it was altered, or the key is another.") from None
    segment = Segment.from_bytes(_decompress(unpad(plaintext)))
    if segment.slice != key.slice:
        raise FieldError("A segment of another slice than its key.")
    return segment


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    match cbor.decode(data, limit=MAX_SEGMENT):
        case ["mca-segment", int() as version, *_] if version != VERSION:
            raise UnknownVersionError(f"A segment of version {version}; this program speaks version {VERSION}.")
        case ["mca-segment", int(), int() as epoch, bytes() as nonce, bytes() as ciphertext]:
            if len(nonce) != NONCE_BYTES:
                raise MalformedError(f"A segment's nonce has {NONCE_BYTES} bytes.")
            return epoch, nonce, ciphertext
        case _:
            raise MalformedError("Not a segment of this protocol.")


def _decompress(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, MAX_PLAINTEXT)
    except zlib.error as error:
        raise MalformedError("A segment that does not decompress.") from error
    if stream.unconsumed_tail:
        raise OversizedError("A segment that decompresses to more than the protocol allows.")
    if not stream.eof or stream.unused_data:
        raise MalformedError("A segment that does not end where its compressed data does.")
    return plain


def _associated(path: str) -> bytes:
    return _CONTEXT + path.encode()
