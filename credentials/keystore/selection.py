"""The key store that a setting names."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from credentials.keystore.file import FileKeyStore, PassphraseKeyStore
from credentials.keystore.protocol import KeyStore
from credentials.keystore.systemd import SystemdKeyStore
from credentials.keystore.tpm import TpmKeyStore


class KeyStoreKind(StrEnum):
    """Where a vault's key is kept, the strongest first."""

    TPM = "tpm"
    SYSTEMD = "systemd-creds"
    PASSPHRASE = "passphrase"  # noqa: S105 (it is the name of a kind)
    FILE = "file"

    @property
    def is_for_development(self) -> bool:
        """Whether a copy of the disk is enough, or enough with guessing."""
        return self in {KeyStoreKind.PASSPHRASE, KeyStoreKind.FILE}


def open_keystore(
    kind: KeyStoreKind, path: Path, *, ask_passphrase: Callable[[], str], pcrs: str | None = None
) -> KeyStore:
    """The store of this kind, whose file is `path`. `pcrs` is for the TPM, `ask_passphrase` for a passphrase alone.

    Raises KeyStoreError when this machine has no such store.
    """
    match kind:
        case KeyStoreKind.TPM:
            return TpmKeyStore(path, pcrs=pcrs)
        case KeyStoreKind.SYSTEMD:
            return SystemdKeyStore(path)
        case KeyStoreKind.PASSPHRASE:
            return PassphraseKeyStore(path, ask_passphrase)
        case KeyStoreKind.FILE:
            return FileKeyStore(path)
