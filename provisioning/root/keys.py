"""The offline keys that sign the root: each in a folder of its own, on a medium and with a holder of its own.

tuf-root.key   the private key (0600): PKCS #8 PEM, or that under a passphrase
tuf-root.pub   {"holder", "public"}: what is carried to the authority, which proposes the key as one of the root's
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from credentials.passphrase import is_sealed, seal, unseal
from credentials.private_files import DiskError, read_private, write_private, write_public
from provisioning.errors import AlreadyProvisionedError, DamagedFolderError, RootChangeError
from provisioning.staging import whole_folder

KEY_FILE: Final = "tuf-root.key"
CARD_FILE: Final = "tuf-root.pub"
_CONTEXT = "TUF root key"
# A field of the key in root.json beside TUF's own, as TUF allows.
_HOLDER = "x-mca-holder"


def create_root_key(folder: Path, holder: str, *, passphrase: str | None) -> Key:
    """Make `folder`, which must be empty or not exist, with a new key; with `passphrase` the key is under it.

    Raises AlreadyProvisionedError, RootChangeError, PassphraseError or DiskError.
    """
    _require_holder(holder)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise AlreadyProvisionedError(f"{folder} is not an empty folder: name a new one for the key.")
    except OSError as error:
        raise DiskError(f"{folder} cannot be looked into: {error.strerror}.") from error
    signer = CryptoSigner.generate_ed25519()
    private, public = signer.private_bytes, signer.public_key.keyval["public"]
    if passphrase is not None:
        private = seal(private, passphrase, context=_CONTEXT)
    with whole_folder(folder) as partial:
        write_private(partial / KEY_FILE, private)
        write_public(partial / CARD_FILE, json.dumps({"holder": holder, "public": public}, indent=1).encode())
    return name_holder(signer.public_key, holder)


def load_root_signer(folder: Path, ask_passphrase: Callable[[], str]) -> CryptoSigner:
    """The key in `folder`; `ask_passphrase` is called if it is under one.

    Raises PrivateFileError, PassphraseError or DamagedFolderError.
    """
    pem = read_private(folder / KEY_FILE)
    if is_sealed(pem):
        pem = unseal(pem, ask_passphrase(), context=_CONTEXT)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise DamagedFolderError(f"The key {folder / KEY_FILE} is damaged. Restore it from its backup.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise DamagedFolderError(f"{folder / KEY_FILE} is not a key of a TUF root.")
    return CryptoSigner(key)


def read_root_card(path: Path) -> Key:
    """The public half in a tuf-root.pub. Raises RootChangeError."""
    try:
        card = json.loads(path.read_bytes())
        raw, holder = bytes.fromhex(card["public"]), card["holder"]
        key = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw))
    except OSError as error:
        raise RootChangeError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError):
        raise RootChangeError(f"{path} is not the {CARD_FILE} that `mca provision root key` writes.") from None
    _require_holder(holder)
    return name_holder(key, holder)


def name_holder(key: Key, holder: str) -> Key:
    """`key` with the name under which people know who holds it; its identifier stays the same."""
    key.unrecognized_fields[_HOLDER] = holder
    return key


def holder(key: Key) -> str:
    """Who holds a root key, as its maker named it; "unnamed" for a key from elsewhere."""
    named = key.unrecognized_fields.get(_HOLDER)
    return named if isinstance(named, str) and _is_holder(named) else "unnamed"


def _is_holder(name: str) -> bool:
    return 0 < len(name) <= 60 and name.isprintable() and name == name.strip()


def _require_holder(name: object) -> None:
    if not isinstance(name, str) or not _is_holder(name):
        raise RootChangeError(
            "Name the holder of the key in 1 to 60 characters, rather by office than by person: it is published."
        )
