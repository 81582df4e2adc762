"""The envelope: every message between a hub and a unit, sealed to its recipient and signed by its sender.

    envelope = CBOR [ "mca", signed, signature ]
    signed   = CBOR [ header, sealed ]              signature = Ed25519(sender, "mca/envelope/1\\0" ‖ signed)
    header   = CBOR { v, type, from, to, sender, seq, at }
    sealed   = HPKE(recipient, info = "mca/envelope/1\\0" ‖ header, plaintext)

The signature is checked over the bytes as received, before anything is decrypted. The header is bound
into the sealing too, so that a captured sealed part cannot travel under another header.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import (
    BadSignatureError,
    FieldError,
    MalformedError,
    UnknownSenderError,
    UnknownVersionError,
    WrongRecipientError,
)
from protocol.fields import Fields
from protocol.keys import KEY_ID_BYTES, SIGNATURE_BYTES, Identity, PrivateIdentity

VERSION: Final = 1
MAX_ENVELOPE: Final = 8 * 1024 * 1024
MAX_HEADER: Final = 1024
_MAGIC = "mca"
_CONTEXT = b"mca/envelope/1\0"


class MessageType(StrEnum):
    """What an envelope carries."""

    SIGHTING = "sighting"
    RECEIPT = "receipt"
    NOTICE = "notice"
    HEALTH = "health"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class Header:
    """What the broker can read: who writes to whom, when, and as which message of a sequence."""

    type: MessageType
    sender: str
    sender_key: bytes
    recipient_key: bytes
    sequence: int
    issued_at: int  # milliseconds since 1970 UTC by the sender's clock, which may be wrong

    def to_bytes(self) -> bytes:
        """The header's deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "type": str(self.type),
                "sender": self.sender,
                "from": self.sender_key,
                "to": self.recipient_key,
                "seq": self.sequence,
                "at": self.issued_at,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Header":
        """Raises UnknownVersionError for another version or type, MalformedError for anything else wrong."""
        fields = Fields(cbor.decode(data, limit=MAX_HEADER), kind="header", version=VERSION)
        name = fields.text("type", limit=32)
        if name not in set(MessageType):
            raise UnknownVersionError(f"A message of the type {name!r}, which this program does not know.")
        return cls(
            type=MessageType(name),
            sender=fields.text("sender", limit=130),
            sender_key=fields.octets("from", size=KEY_ID_BYTES),
            recipient_key=fields.octets("to", size=KEY_ID_BYTES),
            sequence=fields.integer("seq"),
            issued_at=fields.milliseconds("at"),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified message. `digest` is the SHA-256 of the envelope as received: what a receipt names."""

    header: Header
    payload: bytes
    digest: bytes


def seal(
    payload: bytes,
    *,
    message_type: MessageType,
    sender: PrivateIdentity,
    recipient: Identity,
    sequence: int,
    now: int,
) -> bytes:
    """The envelope's bytes. `now` is in milliseconds since 1970 UTC."""
    header = Header(
        message_type, sender.name, sender.signing_key.public.key_id, recipient.seal_key.key_id, sequence, now
    ).to_bytes()
    signed = cbor.encode([header, recipient.seal_key.seal(payload, _CONTEXT + header)])
    return cbor.encode([_MAGIC, signed, sender.signing_key.sign(_CONTEXT + signed)])


def open_envelope(
    data: bytes,
    *,
    recipient: PrivateIdentity,
    find_sender: Callable[[str], Identity | None],
    expected: MessageType,
    limit: int = MAX_ENVELOPE,
) -> Opened:
    """Verify and open an envelope of the expected type.

    `find_sender` gives the identity known here for a sender's name. Replays are the caller's to refuse
    (ReplayedError), since only the caller knows what it has committed.

    Raises MalformedError (with OversizedError, TrailingBytesError, FieldError below it),
    UnknownVersionError, UnknownSenderError, BadSignatureError, WrongRecipientError or UnsealError.
    """
    signed, signature = _split_outer(data, limit)
    header_bytes, sealed = _split_signed(signed, limit)
    header = Header.from_bytes(header_bytes)
    sender = find_sender(header.sender)
    if sender is None:
        raise UnknownSenderError(f"No key is known here for the sender {header.sender!r}.")
    if sender.verify_key.key_id != header.sender_key:
        raise BadSignatureError(f"A message of {header.sender} is signed with a key that is not its own.")
    sender.verify_key.verify(_CONTEXT + signed, signature)
    if header.type != expected:
        raise FieldError(f"A message of the type {header.type} came where a {expected} belongs.")
    if header.recipient_key != recipient.opening_key.public.key_id:
        raise WrongRecipientError(f"A message of {header.sender} is sealed to another recipient.")
    payload = recipient.opening_key.unseal(sealed, _CONTEXT + header_bytes)
    return Opened(header, payload, digest(data))


def digest(data: bytes) -> bytes:
    """SHA-256 of an envelope's bytes, by which its receipt names it."""
    return hashlib.sha256(data).digest()


def _split_outer(data: bytes, limit: int) -> tuple[bytes, bytes]:
    match cbor.decode(data, limit=limit):
        case ["mca", bytes() as signed, bytes() as signature]:
            if len(signature) != SIGNATURE_BYTES:
                raise MalformedError(f"A signature has {SIGNATURE_BYTES} bytes.")
            return signed, signature
        case ["mca", *_]:
            raise MalformedError("An envelope has a name, a signed part and a signature.")
        case _:
            raise MalformedError("Not an envelope of this protocol.")


def _split_signed(signed: bytes, limit: int) -> tuple[bytes, bytes]:
    match cbor.decode(signed, limit=limit):
        case [bytes() as header, bytes() as sealed]:
            return header, sealed
        case _:
            raise MalformedError("The signed part of an envelope has a header and a sealed part.")
