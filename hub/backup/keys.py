"""The backup key: its public half lies at the hub, its private half under a passphrase, and offline.

backup.pub   {"seal"}  the public half, hexadecimal      backup.key   the private half, under a passphrase (0600)
"""

import json
import secrets
from pathlib import Path
from typing import Final

from credentials.passphrase import seal, unseal
from credentials.private_files import (
    PrivateFileError,
    make_private_directory,
    read_private,
    write_private,
    write_public,
)
from hub.backup.errors import RestoreRefusedError
from protocol.errors import BadKeyError, FieldError
from protocol.keys import OpeningKey, SealKey

PUBLIC: Final = "backup.pub"
PRIVATE: Final = "backup.key"
_CONTEXT: Final = "hub backup key"


def create_backup_key(folder: Path, passphrase: str) -> None:
    """Both halves in a folder, which is made if need be. Raises RestoreRefusedError, PassphraseError or DiskError."""
    for name in (PRIVATE, PUBLIC):
        if (folder / name).exists():
            raise RestoreRefusedError(f"{folder / name} is there already: without it, older backups cannot be opened.")
    key = OpeningKey(secrets.token_bytes(96))
    sealed = seal(key.secret_bytes(), passphrase, context=_CONTEXT)
    make_private_directory(folder)
    write_private(folder / PRIVATE, sealed)
    write_public(folder / PUBLIC, json.dumps({"seal": key.public.raw.hex()}, indent=1).encode())


def load_public(path: Path) -> SealKey:
    """Raises PrivateFileError when the file is missing or not a backup key's public half."""
    try:
        return SealKey(bytes.fromhex(json.loads(path.read_bytes())["seal"]))
    except OSError as error:
        raise PrivateFileError(f"The backup key {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, FieldError) as error:
        raise PrivateFileError(f"{path} is not the public half of a backup key (backup.pub).") from error


def load_private(path: Path, passphrase: str) -> OpeningKey:
    """Raises PrivateFileError, or PassphraseError when the passphrase is wrong."""
    try:
        return OpeningKey(unseal(read_private(path), passphrase, context=_CONTEXT))
    except BadKeyError as error:
        raise PrivateFileError(f"{path} is not the private half of a backup key (backup.key).") from error
