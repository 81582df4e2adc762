"""The unit's private keys: taken over from the files that provisioning made, and from then on in the vault alone.

A unit folder arrives with its keys in plain files, because the machine that makes it has not the unit's TPM. At the
first start they move into one encrypted file. A power cut leaves the plain files, or both; the next start goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from credentials.identity import identity_of
from credentials.keystore.erasure import erase
from credentials.keystore.protocol import KeyDestroyedError, KeyStore
from credentials.private_files import make_private_directory, one_at_a_time, read_private, write_private
from credentials.vault import StoredDataError, Vault
from edge_agent.atrest.places import Places
from edge_agent.atrest.zeroise import finish, is_zeroised
from faults import MisconfiguredError
from protocol import cbor
from protocol.fields import Fields
from protocol.keys import PrivateIdentity

logger = structlog.get_logger()

_CONTEXT = "the unit's keys"
_LIMIT = 64 * 1024
_NAMES = ("signing", "opening", "tls")


class OtherKeysError(MisconfiguredError):
    """The folder of another unit was copied over this one's."""


class UnitZeroisedError(MisconfiguredError):
    """The unit's secrets were destroyed on purpose."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitKeys:
    """The keys in memory, and the vault for everything else that is kept."""

    vault: Vault
    identity: PrivateIdentity
    tls: bytes = field(repr=False)  # PEM


def open_keys(places: Places, open_store: Callable[[], KeyStore]) -> UnitKeys:
    """The unit's keys; at the first start they are taken over into a new vault.

    Raises UnitZeroisedError, OtherKeysError, StoredDataError, DiskError, or as a key store's `unseal` and
    `credentials.identity.load_identity` do.
    """
    make_private_directory(places.vault)
    with one_at_a_time(places.vault):
        _refuse_zeroised(places, open_store)
        store = open_store()
        if places.keys.exists():
            vault, contents = _open(places, store)
        else:
            vault, contents = _take_over(places, store)
        _erase_plain(places, contents)
    signing, opening, tls = contents
    return UnitKeys(vault, identity_of(places.identity, _from_hex(signing), _from_hex(opening)), tls)


def _refuse_zeroised(places: Places, open_store: Callable[[], KeyStore]) -> None:
    if not is_zeroised(places):
        return
    finish(places, open_store)
    # A technician may have provisioned this folder anew; then its keys are there again.
    if not all(path.exists() for path in places.plain):
        raise UnitZeroisedError(
            "This unit was zeroised: its keys and everything it held are destroyed. Revoke it at the hub with "
            "`mca provision revoke`, provision this device under a new name, and copy the new folder here."
        )
    places.zeroised.unlink()


def _open(places: Places, store: KeyStore) -> tuple[Vault, tuple[bytes, ...]]:
    vault = Vault.open(store)
    fields = Fields(cbor.decode(vault.decrypt(places.keys.read_bytes(), _CONTEXT), limit=_LIMIT), kind="key file")
    return vault, tuple(fields.octets(name, limit=_LIMIT) for name in _NAMES)


def _take_over(places: Places, store: KeyStore) -> tuple[Vault, tuple[bytes, ...]]:
    contents = tuple(read_private(path) for path in places.plain)
    # Before they move: what is damaged must be said while the files can still be looked at.
    identity_of(places.identity, _from_hex(contents[0]), _from_hex(contents[1]))
    try:
        vault = Vault.open(store)  # Made by a take-over that was cut short.
    except KeyDestroyedError:
        vault = Vault.create(store)
    sealed = vault.encrypt(cbor.encode(dict(zip(_NAMES, contents, strict=True))), _CONTEXT)
    write_private(places.keys, sealed)
    logger.info("vault.keys_taken_over")
    return vault, contents


def _erase_plain(places: Places, contents: tuple[bytes, ...]) -> None:
    """Erase the plain files whose content is in the vault. Raises OtherKeysError when it is another."""
    left = [(path, content) for path, content in zip(places.plain, contents, strict=True) if path.exists()]
    for path, content in left:
        found = read_private(path)
        # A key is text. Random bytes in its place are an erasure that a power cut ended before the file was removed.
        if found != content and found.isascii():
            raise OtherKeysError(
                f"{path} is not the key that this unit's vault holds: another unit's folder was copied over this one. "
                "Copy that folder to an empty place; or run `mca edge zeroise` here first, and copy it again."
            )
    for path, _ in left:
        erase(path)


def _from_hex(content: bytes) -> bytes:
    try:
        return bytes.fromhex(content.decode("ascii"))
    except ValueError:
        raise StoredDataError("A key of this unit is damaged. Provision this unit anew.") from None
