"""Erasure: the hub's order to its units, and the signed record with which each place answers.

    signed record = CBOR [ "mca-erasure", record: bytes, signature ]
    signature     = Ed25519(whoever erased, "mca/erasure/1\\0" ‖ record)

A record says what was removed where and when, and nothing of a face, a name or a result.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from protocol import cbor
from protocol.errors import BadSignatureError, FieldError, MalformedError, UnknownSenderError
from protocol.fields import Fields
from protocol.keys import SIGNATURE_BYTES, Identity, SigningKey
from protocol.moment import Moment

VERSION: Final = 1
MAX_NUMBERS: Final = 64
MAX_RECORD: Final = 1536
MAX_ORDER: Final = 512
WITHDRAWAL_BYTES: Final = 32

_MAGIC = "mca-erasure"
_CONTEXT = b"mca/erasure/1\0"
_THING = re.compile(r"[a-z][a-z ]{0,39}")
_MAX_THINGS = 24
_MAX_COUNT = 2**31


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """The hub asks a unit to erase what it holds under a consent record, whatever that is, and to answer.

    `withdrawal`: what the record says of the receipt's token. `every_basis`: also where the basis was no consent.
    """

    withdrawal: bytes
    every_basis: bool = False

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode({"v": VERSION, "withdrawal": self.withdrawal, "every_basis": self.every_basis})

    @classmethod
    def from_bytes(cls, data: bytes) -> "ErasureOrder":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_ORDER), kind="erasure order", version=VERSION)
        return cls(fields.octets("withdrawal", size=WITHDRAWAL_BYTES), fields.boolean("every_basis"))


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """What one place removed. `place`: the unit or hub; `removed`: how many of each thing, nothing where it held none.

    `numbers`: the place's own messages that will not come any more. `kept`: it holds something whose legal basis was
    no consent, and has left it.
    """

    withdrawal: bytes
    place: str
    at: Moment
    removed: Mapping[str, int] = field(default_factory=dict)
    numbers: tuple[int, ...] = ()
    kept: bool = False

    def __post_init__(self) -> None:
        if len(self.removed) > _MAX_THINGS or not all(map(_THING.fullmatch, self.removed)):
            raise FieldError(f"An erasure record names at most {_MAX_THINGS} things, in lower-case letters.")
        if list(self.numbers) != sorted(set(self.numbers)):
            raise FieldError("An erasure record names each message once, in order.")

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "withdrawal": self.withdrawal,
                "place": self.place,
                "at": self.at.to_value(),
                "removed": dict(self.removed),
                "numbers": list(self.numbers),
                "kept": self.kept,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "ErasureRecord":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=MAX_RECORD), kind="erasure record", version=VERSION)
        removed = fields.child("removed")
        return cls(
            withdrawal=fields.octets("withdrawal", size=WITHDRAWAL_BYTES),
            place=fields.text("place", limit=130),
            at=Moment.read(fields.child("at")),
            removed={name: removed.integer(name, 0, _MAX_COUNT) for name in removed.names()},
            numbers=_numbers(fields),
            kept=fields.boolean("kept"),
        )


def sign_erasure(record: ErasureRecord, key: SigningKey) -> bytes:
    """The signed record, at most MAX_RECORD bytes."""
    data = record.to_bytes()
    return cbor.encode([_MAGIC, data, key.sign(_CONTEXT + data)])


def open_erasure(signed: bytes, find_place: Callable[[str], Identity | None]) -> ErasureRecord:
    """A record that its place has signed. `find_place` gives the identity that is known for a place's name.

    Raises MalformedError, FieldError, UnknownVersionError, UnknownSenderError or BadSignatureError.
    """
    match cbor.decode(signed, limit=MAX_RECORD):
        case [str() as magic, bytes() as data, bytes() as signature] if magic == _MAGIC:
            record = ErasureRecord.from_bytes(data)
        case _:
            raise MalformedError("Not a signed erasure record.")
    place = find_place(record.place)
    if place is None or place.name != record.place:
        raise UnknownSenderError(f"No key is known here for {record.place!r}.")
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignatureError(f"A signature has {SIGNATURE_BYTES} bytes.")
    place.verify_key.verify(_CONTEXT + data, signature)
    return record


def _numbers(fields: Fields) -> tuple[int, ...]:
    numbers = fields.items("numbers", limit=MAX_NUMBERS)
    if not all(isinstance(number, int) and not isinstance(number, bool) and number > 0 for number in numbers):
        raise FieldError("The numbers of an erasure record are those of messages.")
    return tuple(number for number in numbers if isinstance(number, int))
