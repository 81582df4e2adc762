"""Encryption at rest under one key that a key store keeps: AES-256-GCM, each ciphertext bound to where it belongs."""

import secrets
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credentials.keystore.protocol import KEY_BYTES, KeyStore
from faults import MisconfiguredError

_NONCE: Final = 12

_log = structlog.get_logger()


class StoredDataError(MisconfiguredError):
    """Something stored does not open: it was altered, put in another's place, or sealed under another key."""


class Vault:
    """Encrypts and decrypts under the key of one store. Made by `create` or `open`."""

    def __init__(self, store: KeyStore, key: bytes) -> None:
        self._store = store
        self._cipher = AESGCM(key)
        weakness = store.weakness
        if weakness is not None:
            _log.warning("vault.weak_key_store", store=type(store).__name__, weakness=weakness)

    @classmethod
    def create(cls, store: KeyStore) -> "Vault":
        """A vault under a new key, which `store` keeps from now on. Raises as `KeyStore.seal` does."""
        key = secrets.token_bytes(KEY_BYTES)
        store.seal(key)
        return cls(store, key)

    @classmethod
    def open(cls, store: KeyStore) -> "Vault":
        """The vault whose key `store` keeps. Raises as `KeyStore.unseal` does."""
        return cls(store, store.unseal())

    @property
    def weakness(self) -> str | None:
        """What the key store does not protect against, to be shown wherever this machine's state is shown."""
        return self._store.weakness

    def encrypt(self, data: bytes, place: str) -> bytes:
        """Nonce (12), ciphertext and tag (16). `place` says where it belongs; it is not in the result.

        The nonce is random: one key may serve 2**32 calls.
        """
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, place.encode())

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        """What was encrypted for the same place. Raises StoredDataError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise StoredDataError(
                "Something stored on this machine does not open: it was altered, or belongs to another machine."
            ) from None
