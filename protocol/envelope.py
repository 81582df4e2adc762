"""The envelope: every message between a hub and a unit, sealed to its recipient and signed by its sender.

    envelope = CBOR [ "mca", signed, signature ]
    signed   = CBOR [ address, sealed ]             signature = Ed25519(sender, "mca/envelope/1\\0" ‖ signed)
    address  = CBOR { v, type, from, to, sender }
    sealed   = HPKE(recipient, info = "mca/envelope/1\\0" ‖ address, plaintext)
    plaintext = sequence number (8 bytes, big-endian) ‖ moment of sealing (8 bytes) ‖ payload

The signature is checked over the bytes as received, before anything is decrypted. The address is bound
into the sealing too, so that a captured sealed part cannot travel under another one. Number and moment are
sealed: a unit sends its candidates first, and who reads numbers on the way would see which those are.
"""

import hashlib
import struct
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
from protocol.fields import MAX_MILLISECONDS, MAX_SEQUENCE, Fields
from protocol.keys import KEY_ID_BYTES, SIGNATURE_BYTES, Identity, PrivateIdentity

VERSION: Final = 1
MAX_ENVELOPE: Final = 8 * 1024 * 1024
MAX_ADDRESS: Final = 1024
_MAGIC = "mca"
_CONTEXT = b"mca/envelope/1\0"
_NUMBER = struct.Struct(">QQ")


class MessageType(StrEnum):
    """What an envelope carries."""

    SIGHTING = "sighting"
    RECEIPT = "receipt"
    NOTICE = "notice"
    HEALTH = "health"
    KEYRING = "keyring"
    TIME = "time"
    LOSS = "loss"
    WITHDRAWAL = "withdrawal"
    ERASURE = "erasure"
    FOUND = "found"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Address:
    """What the broker can read: who writes to whom, and what kind of message."""

    type: MessageType
    sender: str
    sender_key: bytes
    recipient_key: bytes

    def to_bytes(self) -> bytes:
        """The address's deterministic CBOR."""
        return cbor.encode(
            {
                "v": VERSION,
                "type": str(self.type),
                "sender": self.sender,
                "from": self.sender_key,
                "to": self.recipient_key,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Address":
        """Raises UnknownVersionError for another version or type, MalformedError for anything else wrong."""
        fields = Fields(cbor.decode(data, limit=MAX_ADDRESS), kind="address", version=VERSION)
        name = fields.text("type", limit=32)
        if name not in set(MessageType):
            raise UnknownVersionError(f"A message of the type {name!r}, which this program does not know.")
        return cls(
            type=MessageType(name),
            sender=fields.text("sender", limit=130),
            sender_key=fields.octets("from", size=KEY_ID_BYTES),
            recipient_key=fields.octets("to", size=KEY_ID_BYTES),
        )


@dataclass(frozen=True, slots=True)
class Header(Address):
    """What the recipient can read besides: when it was sealed, and as which message of its sender."""

    sequence: int
    issued_at: int  # milliseconds since 1970 UTC by the sender's clock, which may be wrong


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
    address = Address(message_type, sender.name, sender.signing_key.public.key_id, recipient.seal_key.key_id).to_bytes()
    plaintext = _NUMBER.pack(sequence, now) + payload
    signed = cbor.encode([address, recipient.seal_key.seal(plaintext, _CONTEXT + address)])
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
    address_bytes, sealed = _split_signed(signed, limit)
    address = Address.from_bytes(address_bytes)
    sender = find_sender(address.sender)
    if sender is None:
        raise UnknownSenderError(f"No key is known here for the sender {address.sender!r}.")
    if sender.verify_key.key_id != address.sender_key:
        raise BadSignatureError(f"A message of {address.sender} is signed with a key that is not its own.")
    sender.verify_key.verify(_CONTEXT + signed, signature)
    if address.type != expected:
        raise FieldError(f"A message of the type {address.type} came where a {expected} belongs.")
    if address.recipient_key != recipient.opening_key.public.key_id:
        raise WrongRecipientError(f"A message of {address.sender} is sealed to another recipient.")
    plaintext = recipient.opening_key.unseal(sealed, _CONTEXT + address_bytes)
    return Opened(_header(address, plaintext), plaintext[_NUMBER.size :], digest(data))


def digest(data: bytes) -> bytes:
    """SHA-256 of an envelope's bytes, by which its receipt names it."""
    return hashlib.sha256(data).digest()


def _header(address: Address, plaintext: bytes) -> Header:
    if len(plaintext) < _NUMBER.size:
        raise MalformedError("A sealed message begins with its number and its moment.")
    sequence, issued_at = _NUMBER.unpack_from(plaintext)
    if sequence > MAX_SEQUENCE or issued_at > MAX_MILLISECONDS:
        raise FieldError("The number or the moment of a message lies outside its range.")
    return Header(address.type, address.sender, address.sender_key, address.recipient_key, sequence, issued_at)


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
        case [bytes() as address, bytes() as sealed]:
            return address, sealed
        case _:
            raise MalformedError("The signed part of an envelope has an address and a sealed part.")
