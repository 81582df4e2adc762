"""Identities as files: a private one of two key files, and a public card that peers are given.

signing.key   32 bytes, hexadecimal      opening.key   96 bytes, hexadecimal      (both 0600)
card.json     {"name", "verify", "seal"}  the public halves, hexadecimal
"""

import json
import secrets
from pathlib import Path

from credentials.private_files import PrivateFileError, read_private, write_private, write_public
from protocol.errors import BadKeyError, FieldError
from protocol.keys import Identity, OpeningKey, PrivateIdentity, SealKey, SigningKey, VerifyKey

_SIGNING, _OPENING, _CARD = "signing.key", "opening.key", "card.json"


def create_identity(folder: Path, name: str) -> PrivateIdentity:
    """A new identity in `folder`, with its card. Raises DiskError."""
    identity = PrivateIdentity(name, SigningKey(secrets.token_bytes(32)), OpeningKey(secrets.token_bytes(96)))
    write_private(folder / _SIGNING, identity.signing_key.secret_bytes().hex().encode())
    write_private(folder / _OPENING, identity.opening_key.secret_bytes().hex().encode())
    write_public(folder / _CARD, write_card(identity.public))
    return identity


def load_identity(folder: Path) -> PrivateIdentity:
    """The identity in `folder`. Raises PrivateFileError when a file is missing, damaged or open to others."""
    card = read_card(folder / _CARD)
    return _identity(folder, card, _read_hex(folder / _SIGNING), _read_hex(folder / _OPENING))


def private_files(folder: Path) -> tuple[Path, Path]:
    """Where the two private keys of the identity in `folder` lie."""
    return folder / _SIGNING, folder / _OPENING


def identity_of(folder: Path, signing: bytes, opening: bytes) -> PrivateIdentity:
    """The identity whose card is in `folder` and whose keys are these. Raises PrivateFileError as `load_identity`."""
    return _identity(folder, read_card(folder / _CARD), signing, opening)


def _identity(folder: Path, card: Identity, signing: bytes, opening: bytes) -> PrivateIdentity:
    try:
        identity = PrivateIdentity(card.name, SigningKey(signing), OpeningKey(opening))
    except BadKeyError as error:
        raise PrivateFileError(f"The keys in {folder} are damaged. Provision this identity anew.") from error
    if (identity.public.verify_key.raw, identity.public.seal_key.raw) != (card.verify_key.raw, card.seal_key.raw):
        raise PrivateFileError(f"The keys in {folder} do not belong to its {_CARD}. Provision this identity anew.")
    return identity


def write_card(identity: Identity) -> bytes:
    """A public identity as JSON."""
    card = {"name": identity.name, "verify": identity.verify_key.raw.hex(), "seal": identity.seal_key.raw.hex()}
    return json.dumps(card, indent=1).encode()


def read_card(path: Path) -> Identity:
    """A peer's public identity. Raises PrivateFileError when the file is missing or not a card."""
    try:
        return parse_card(path.read_bytes())
    except OSError as error:
        raise PrivateFileError(f"The identity card {path} cannot be read: {error.strerror}.") from error
    except FieldError as error:
        raise PrivateFileError(f"{path} is not an identity card: {error}") from error


def parse_card(data: bytes) -> Identity:
    """A public identity from its JSON. Raises FieldError."""
    try:
        card = json.loads(data)
        name, verify, seal = card["name"], card["verify"], card["seal"]
        if not isinstance(name, str):
            raise FieldError("The name of a card must be text.")
        return Identity(name, VerifyKey(bytes.fromhex(verify)), SealKey(bytes.fromhex(seal)))
    except (ValueError, KeyError, TypeError) as error:
        raise FieldError("A card has a name and two public keys in hexadecimal.") from error


def _read_hex(path: Path) -> bytes:
    try:
        return bytes.fromhex(read_private(path).decode("ascii"))
    except ValueError:
        raise PrivateFileError(f"The private file {path} is damaged. Provision this identity anew.") from None
