"""Keys of the protocol: Ed25519 to sign, ML-KEM-768 with X25519 to seal.

A recording of today's traffic must not open to a quantum computer of tomorrow: a child's face stays
secret for a lifetime. Signatures need to hold only until they are checked, so Ed25519 suffices.

Private keys are printed by nothing here: they have no `repr` and leave only through `secret_bytes`.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from protocol.errors import BadKeyError, BadSignatureError, FieldError, UnsealError

SIGNATURE_BYTES: Final = 64
KEY_ID_BYTES: Final = 16
SEAL_OVERHEAD: Final = 1120 + 16  # HPKE's encapsulated key and AES-GCM's tag.

_MLKEM_SEED = 64
_MLKEM_PUBLIC = 1184
_X25519 = 32


def _suite() -> Suite:
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _key_id(purpose: bytes, public: bytes) -> bytes:
    return hashlib.sha256(b"mca/key/1/" + purpose + b"\0" + public).digest()[:KEY_ID_BYTES]


class VerifyKey:
    """The public half of a signing key."""

    def __init__(self, raw: bytes) -> None:
        """`raw`: 32 bytes. Raises FieldError."""
        if len(raw) != 32:
            raise FieldError("An Ed25519 public key has 32 bytes.")
        self.raw = raw
        self.key_id = _key_id(b"sign", raw)
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verify(self, data: bytes, signature: bytes) -> None:
        """Return if this key's owner signed exactly `data`. Raises BadSignatureError."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            raise BadSignatureError("The signature does not fit the message and its sender's key.") from None


class SigningKey:
    """An Ed25519 key pair."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 32 random bytes. Raises BadKeyError."""
        if len(secret) != 32:
            raise BadKeyError("A signing key has 32 bytes; make the identity anew with `mca provision`.")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = VerifyKey(self._key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)

    def secret_bytes(self) -> bytes:
        """The 32 bytes to be kept in a private file."""
        return self._key.private_bytes_raw()


class SealKey:
    """The public half of an opening key: whoever has it can seal, and only the owner can open."""

    def __init__(self, raw: bytes) -> None:
        """`raw`: 1216 bytes, ML-KEM-768 then X25519. Raises FieldError."""
        if len(raw) != _MLKEM_PUBLIC + _X25519:
            raise FieldError(f"A sealing key has {_MLKEM_PUBLIC + _X25519} bytes.")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC])
        except ValueError as error:
            raise FieldError("Not an ML-KEM-768 public key.") from error
        self.raw = raw
        self.key_id = _key_id(b"seal", raw)
        self._key = MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:]))

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """HPKE base mode (RFC 9180) with `context` as `info`: encapsulated key, ciphertext and tag."""
        return _suite().encrypt(plaintext, self._key, info=context)


class OpeningKey:
    """An ML-KEM-768 and an X25519 key pair, used together."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 96 random bytes, ML-KEM's seed then X25519's scalar. Raises BadKeyError."""
        if len(secret) != _MLKEM_SEED + _X25519:
            raise BadKeyError("An opening key has 96 bytes; make the identity anew with `mca provision`.")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(secret[:_MLKEM_SEED])
        x25519 = X25519PrivateKey.from_private_bytes(secret[_MLKEM_SEED:])
        self._secret = secret
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = SealKey(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed under the same context. Raises UnsealError."""
        try:
            return _suite().decrypt(sealed, self._key, info=context)
        except (InvalidTag, ValueError):
            raise UnsealError("The sealed part of a message does not open: it was altered on the way.") from None

    def secret_bytes(self) -> bytes:
        """The 96 bytes to be kept in a private file."""
        return self._secret


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a hub or a unit is to its peers: its name and the public halves of its keys."""

    name: str
    verify_key: VerifyKey
    seal_key: SealKey


@dataclass(frozen=True, slots=True)
class PrivateIdentity:
    """The same with the private halves; it never leaves its machine."""

    name: str
    signing_key: SigningKey
    opening_key: OpeningKey

    @property
    def public(self) -> Identity:
        """What peers may know."""
        return Identity(self.name, self.signing_key.public, self.opening_key.public)

    def __repr__(self) -> str:
        return f"PrivateIdentity({self.name!r})"
