"""A key in a private file, as it is or under a passphrase: for development, and where there is nothing better."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from credentials import passphrase
from credentials.keystore.erasure import erase, read_existing, write_new
from credentials.keystore.protocol import KeyStoreError, require_key

_CONTEXT: Final = "vault key"


class FileKeyStore:
    """The key in hexadecimal; whoever has the disk has the key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def weakness(self) -> str | None:
        return "The vault's key lies beside it in a file: whoever has this disk can read everything. Development only."

    def seal(self, key: bytes) -> None:
        write_new(self._path, require_key(key).hex().encode())

    def unseal(self) -> bytes:
        try:
            return require_key(bytes.fromhex(read_existing(self._path).decode("ascii")))
        except ValueError:
            raise KeyStoreError(f"The key in {self._path} is damaged. Provision this unit anew.") from None

    def zeroise(self) -> None:
        erase(self._path)


class PassphraseKeyStore:
    """The key under a passphrase that is asked for at each start, and never kept."""

    def __init__(self, path: Path, ask: Callable[[], str]) -> None:
        """`ask`: gives the passphrase; called for `seal` and `unseal` alone."""
        self._path = path
        self._ask = ask

    @property
    def weakness(self) -> str | None:
        return "The vault is as safe as its passphrase: whoever copies this disk can try all they can think of."

    def seal(self, key: bytes) -> None:
        """Raises PassphraseError too, when the passphrase is too short."""
        write_new(self._path, passphrase.seal(require_key(key), self._ask(), context=_CONTEXT))

    def unseal(self) -> bytes:
        """Raises PassphraseError too, when the passphrase is wrong."""
        return require_key(passphrase.unseal(read_existing(self._path), self._ask(), context=_CONTEXT))

    def zeroise(self) -> None:
        erase(self._path)
