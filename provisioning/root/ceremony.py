"""Changing the root: proposed where the authority is, signed where the keys are, finished where the authority is.

    propose ──▶ a folder ──▶ sign (on each holder's machine) ──▶ finish: hub/tuf is the next one, in one step

The hub's new private keys never travel: they wait in authority/proposed/ until the root that names them is signed.
"""

import copy
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import Metadata, Root

from credentials.private_files import (
    DiskError,
    make_private_directory,
    one_at_a_time,
    read_private,
    write_private,
    write_public,
)
from provisioning.authority import Authority
from provisioning.errors import AlreadyProvisionedError, DamagedFolderError, RootChangeError, SignaturesMissingError
from provisioning.places import AUTHORITY, hub_tuf
from provisioning.root.creation import LIFETIME, NAMED_BY_ROOT, ROOT_FILE, SLICES, expiry, key_file, root_bytes
from provisioning.root.keys import holder, load_root_signer
from provisioning.root.proposal import Proposal, label, load_root
from provisioning.staging import replacement_folder, whole_folder

_PROPOSED: Final = "proposed"


@dataclass(frozen=True, slots=True)
class RootChanges:
    """What the next root shall say otherwise. Without any it is the same root with a later expiry."""

    add: tuple[Key, ...] = ()
    remove: tuple[str, ...] = ()  # a holder, or the beginning of a key's identifier
    threshold: int | None = None
    rotate: tuple[str, ...] = ()  # roles of NAMED_BY_ROOT
    lifetime: timedelta = LIFETIME


def propose(folder: Path, target: Path, changes: RootChanges, *, now: datetime) -> Proposal:
    """Make `target`, which must not exist, with a next root that nobody has signed yet.

    Raises AlreadyProvisionedError, RootChangeError, DamagedFolderError, ClockError, PrivateFileError or DiskError.
    """
    Authority.load(folder / AUTHORITY, now=now)  # It knows when this machine's clock is wrong.
    if target.exists():
        raise AlreadyProvisionedError(f"{target} exists already: name a new folder for the proposal.")
    current = load_root(hub_tuf(folder) / ROOT_FILE)
    root = copy.deepcopy(current.signed)
    root.version += 1
    root.expires = expiry(now, changes.lifetime)
    _change_holders(root, changes)
    signers = {role: CryptoSigner.generate_ed25519() for role in dict.fromkeys(changes.rotate)}
    for role, signer in signers.items():
        for old in list(root.roles[role].keyids):
            root.revoke_key(old, role)
        root.add_key(signer.public_key, role)
    proposal = Proposal(current, Metadata(root))
    waiting = make_private_directory(folder / AUTHORITY / _PROPOSED) if signers else folder
    for signer in signers.values():
        write_private(waiting / key_file(signer.public_key.keyid), signer.private_bytes)
    with whole_folder(target) as partial:
        proposal.save(partial)
    return proposal


def sign(target: Path, key_folder: Path, ask_passphrase: Callable[[], str]) -> Proposal:
    """Add the signature of the key in `key_folder`; the proposal as it is then.

    Raises RootChangeError, PrivateFileError, PassphraseError, DamagedFolderError or DiskError.
    """
    proposal = Proposal.load(target)
    signer = load_root_signer(key_folder, ask_passphrase)
    result = proposal.verification()
    if signer.public_key.keyid not in result.signed | result.unsigned:
        raise RootChangeError("This key is neither one of the current root nor of the next: it has no say in it.")
    proposal.next.sign(signer, append=True)
    proposal.save_signatures(target)
    return proposal


def finish(folder: Path, targets: Iterable[Path], *, now: datetime) -> Proposal:
    """Put the signed next root and its keys into the hub's folder; `targets` are copies with signatures to join.

    Called again after it succeeded, it changes nothing.

    Raises SignaturesMissingError, RootChangeError, DamagedFolderError, ClockError, PrivateFileError or DiskError.
    """
    Authority.load(folder / AUTHORITY, now=now)
    proposal = _join([Proposal.load(target) for target in targets])
    root = proposal.next.signed
    if not proposal.verification().verified:
        raise SignaturesMissingError(
            f"Root {root.version} is not signed by enough holders. {' '.join(proposal.signatures())}"
        )
    if root.expires <= now:
        raise RootChangeError(f"This root expired on {root.expires:%Y-%m-%d}. Propose it anew.")
    with one_at_a_time(folder / AUTHORITY):
        installed = load_root(hub_tuf(folder) / ROOT_FILE)
        if installed.signed_bytes != proposal.next.signed_bytes:
            if installed.signed_bytes != proposal.current.signed_bytes:
                raise RootChangeError(
                    f"The root in force has version {installed.signed.version} and is not the one from which this "
                    "proposal was made. Propose the change anew."
                )
            _install(folder, proposal)
        shutil.rmtree(folder / AUTHORITY / _PROPOSED, ignore_errors=True)
    return proposal


def rekey_slices(folder: Path) -> None:
    """Give the hub a new key for its slices. No root names it: the hub itself delegates to it when it next publishes.

    Raises DamagedFolderError or DiskError.
    """
    load_root(hub_tuf(folder) / ROOT_FILE)
    with one_at_a_time(folder / AUTHORITY):
        write_private(hub_tuf(folder) / key_file(SLICES), CryptoSigner.generate_ed25519().private_bytes)


def _change_holders(root: Root, changes: RootChanges) -> None:
    for key in changes.add:
        if key.keyid in root.roles[Root.type].keyids:
            raise RootChangeError(f"{label(key)} is a root key already.")
        root.add_key(key, Root.type)
    for name in changes.remove:
        root.revoke_key(_find(root, name), Root.type)
    role = root.roles[Root.type]
    role.threshold = changes.threshold if changes.threshold is not None else role.threshold
    if not 1 <= role.threshold <= len(role.keyids):
        raise RootChangeError(
            f"{role.threshold} signatures cannot be given by {len(role.keyids)} keys: "
            "choose another --threshold, or add keys."
        )


def _find(root: Root, name: str) -> str:
    keys = [root.keys[key_id] for key_id in root.roles[Root.type].keyids]
    found = [key.keyid for key in keys if holder(key) == name or (len(name) >= 8 and key.keyid.startswith(name))]
    if len(found) != 1:
        known = ", ".join(label(key) for key in keys)
        raise RootChangeError(f"{name!r} does not name one root key: choose among {known}, by holder or identifier.")
    return found[0]


def _join(proposals: list[Proposal]) -> Proposal:
    first, *others = proposals
    for other in others:
        if other.next.signed_bytes != first.next.signed_bytes:
            raise RootChangeError(
                f"These are different proposals: {first.fingerprint()} and {other.fingerprint()}. Give copies of one."
            )
        first.next.signatures.update(other.next.signatures)
    return first


def _install(folder: Path, proposal: Proposal) -> None:
    tuf, root = hub_tuf(folder), proposal.next.signed
    keys = {role: _private_key(folder, root, role) for role in NAMED_BY_ROOT}
    keys[SLICES] = read_private(tuf / key_file(SLICES))
    with replacement_folder(tuf) as partial:
        for role, key in keys.items():
            write_private(partial / key_file(role), key)
        for path, data in _earlier_roots(tuf, proposal.current).items():
            write_public(partial / path, data)
        write_public(partial / ROOT_FILE, root_bytes(proposal.next))


def _private_key(folder: Path, root: Root, role: str) -> bytes:
    """The key for which the root names the public half: the hub's present one, or one that waits."""
    waiting = [folder / AUTHORITY / _PROPOSED / key_file(key_id) for key_id in root.roles[role].keyids]
    for path in (hub_tuf(folder) / key_file(role), *(path for path in waiting if path.exists())):
        pem = read_private(path)
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise DamagedFolderError(f"The key {path} is damaged. Restore it from its backup.") from None
        if isinstance(key, Ed25519PrivateKey) and CryptoSigner(key).public_key.keyid in root.roles[role].keyids:
            return pem
    raise RootChangeError(f"The proposed key for {role} is not here. Finish where the change was proposed.")


def _earlier_roots(tuf: Path, current: Metadata[Root]) -> Mapping[str, bytes]:
    # A hub that was away during several changes publishes them one after the other, as units take them.
    try:
        earlier = {path.name: path.read_bytes() for path in tuf.glob(f"[0-9]*.{ROOT_FILE}")}
    except OSError as error:
        raise DiskError(f"{error.filename} cannot be read: {error.strerror}.") from error
    return earlier | {f"{current.signed.version}.{ROOT_FILE}": (tuf / ROOT_FILE).read_bytes()}
