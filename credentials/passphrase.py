"""A secret under a passphrase: scrypt makes a key of the passphrase, and AES-256-GCM seals the secret with it.

b"MCA passphrase 1\\n"   scrypt's cost: log2 of N (1 byte)   salt (16)   nonce (12)   ciphertext with its tag
"""

import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from credentials.private_files import read_private
from faults import RejectedError

_MAGIC: Final = b"MCA passphrase 1\n"
# 128 MiB and a third of a second for each guess; r = 8 and p = 1 as RFC 7914 recommends.
_COST: Final = 17
# Whoever writes the file chooses its cost: refused are those that stop protecting, or that stop the machine.
_COSTS: Final = range(15, 21)
_SALT, _NONCE = 16, 12
_HEADER: Final = len(_MAGIC) + 1 + _SALT
_SHORTEST: Final = 12


class PassphraseError(RejectedError):
    """The passphrase is wrong or too short, or the secret under it is damaged."""


def seal(secret: bytes, passphrase: str, *, context: str) -> bytes:
    """`secret` sealed; `context` says what it is and must be given again. Raises PassphraseError for a short one."""
    if len(passphrase) < _SHORTEST:
        raise PassphraseError(
            f"The passphrase is too short: use at least {_SHORTEST} characters, such as four random words."
        )
    header = _MAGIC + bytes([_COST]) + secrets.token_bytes(_SALT)
    nonce = secrets.token_bytes(_NONCE)
    return header + nonce + AESGCM(_derive(header, passphrase)).encrypt(nonce, secret, _bound(header, context))


def unseal(sealed: bytes, passphrase: str, *, context: str) -> bytes:
    """The secret. Raises PassphraseError."""
    if not is_sealed(sealed) or len(sealed) < _HEADER + _NONCE or sealed[len(_MAGIC)] not in _COSTS:
        raise PassphraseError("This is not a secret under a passphrase, or it is damaged. Restore it from its backup.")
    header, nonce = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE]
    try:
        return AESGCM(_derive(header, passphrase)).decrypt(nonce, sealed[_HEADER + _NONCE :], _bound(header, context))
    except InvalidTag:
        raise PassphraseError("The passphrase is wrong, or the file under it is damaged.") from None


def is_sealed(data: bytes) -> bool:
    """Whether `data` says that it is a secret under a passphrase."""
    return data.startswith(_MAGIC)


def read_passphrase(path: Path) -> str:
    """The first line of a private file. Raises PrivateFileError, or PassphraseError when it is not text."""
    try:
        return read_private(path).decode("utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise PassphraseError(f"{path} holds no passphrase: its first line must be text.") from None


def _derive(header: bytes, passphrase: str) -> bytes:
    cost, salt = header[len(_MAGIC)], header[-_SALT:]
    return Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase.encode())


def _bound(header: bytes, context: str) -> bytes:
    return header + context.encode()
