"""What every key store can do.

MisconfiguredError
└── KeyStoreError            the key cannot be kept or had here
    └── KeyDestroyedError    there is no key: none was made, or it was destroyed
"""

from typing import Final, Protocol

from faults import MisconfiguredError

KEY_BYTES: Final = 32


class KeyStoreError(MisconfiguredError):
    """The key cannot be kept or had here."""


class KeyDestroyedError(KeyStoreError):
    """There is no key: none was made, or it was destroyed."""


class KeyStore(Protocol):
    """Keeps one key of 32 bytes across restarts, and can destroy it.

    A store that asks for a passphrase raises PassphraseError too.
    """

    @property
    def weakness(self) -> str | None:
        """What the store does not protect against, as a sentence for the technician; None when nothing is known."""

    def seal(self, key: bytes) -> None:
        """Keep `key`. Raises KeyStoreError, also when a key is kept already, or DiskError."""

    def unseal(self) -> bytes:
        """The key. Raises KeyDestroyedError, KeyStoreError, or PrivateFileError when others can read its file."""

    def zeroise(self) -> None:
        """Destroy the key; without one, nothing is done. Raises KeyStoreError or DiskError if it may still be there."""


def require_key(key: bytes) -> bytes:
    """`key`, if it has the right length. Raises KeyStoreError."""
    if len(key) != KEY_BYTES:
        raise KeyStoreError("The key that is kept has a wrong length: it is damaged. Provision this unit anew.")
    return key


def destroyed(where: object) -> KeyDestroyedError:
    """The error that says there is no key."""
    return KeyDestroyedError(f"{where} holds no key: none was made, or it was destroyed. Provision this unit anew.")
