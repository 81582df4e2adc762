"""What the hub keeps of children is encrypted in its database: AES-256-GCM, bound to the row it belongs to."""

import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credentials.private_files import PrivateFileError, read_private
from faults import MisconfiguredError

_NONCE = 12
_KEY = 32


class VaultError(MisconfiguredError):
    """Something stored does not open: it was altered, moved to another row, or the storage key is another."""


class Vault:
    """Encrypts and decrypts columns. `place` names table, column and row, so that ciphertexts cannot be swapped."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes. Raises VaultError."""
        if len(key) != _KEY:
            raise VaultError("The storage key must have 32 bytes.")
        self._cipher = AESGCM(key)
        self._index_key = hmac.digest(key, b"mca/hub/index/1", hashlib.sha256)

    def encrypt(self, data: bytes, place: str) -> bytes:
        """Nonce, ciphertext and tag. The nonce is random: one key may serve 2**32 rows."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, place.encode())

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        """What was encrypted for the same place. Raises VaultError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise VaultError(f"Stored data of {place.partition('/')[0]} does not open with this storage key.") from None

    def index(self, data: bytes, column: str) -> bytes:
        """32 bytes by which equal data of a column is found without being readable: HMAC-SHA256 under the key."""
        return hmac.digest(self._index_key, column.encode() + b"\0" + data, hashlib.sha256)


def load_vault(path: Path) -> Vault:
    """The vault whose key is in a private file, in hexadecimal. Raises PrivateFileError or VaultError."""
    try:
        return Vault(bytes.fromhex(read_private(path).decode("ascii")))
    except ValueError:
        raise PrivateFileError(f"The storage key {path} is damaged. Restore it from its backup.") from None
