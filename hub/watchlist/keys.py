"""The online keys of the TUF repository. The root's key is not here: it stays offline."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from credentials.private_files import PrivateFileError, read_private
from faults import MisconfiguredError


class TrustError(MisconfiguredError):
    """The folder of TUF keys does not fit its root, or the root does not follow the one published before."""


@dataclass(frozen=True, slots=True)
class OnlineKeys:
    """The root as it was signed offline, and a signer for each online role."""

    root_bytes: bytes
    root: Metadata[Root]
    earlier_roots: Mapping[int, bytes]  # by version: what units that trust an older root follow, one by one
    targets: CryptoSigner
    snapshot: CryptoSigner
    timestamp: CryptoSigner
    slices: CryptoSigner


def load_online_keys(folder: Path) -> OnlineKeys:
    """Read root.json and {targets,snapshot,timestamp,slices}.key. Raises PrivateFileError or TrustError."""
    try:
        root_bytes = (folder / "root.json").read_bytes()
    except OSError as error:
        raise TrustError(f"{folder / 'root.json'} cannot be read: {error.strerror}. Provision the hub anew.") from error
    root = parse_root(root_bytes)
    return OnlineKeys(
        root_bytes,
        root,
        _earlier_roots(folder),
        targets=_delegated(root, Targets.type, folder),
        snapshot=_delegated(root, Snapshot.type, folder),
        timestamp=_delegated(root, Timestamp.type, folder),
        slices=CryptoSigner(_read_key(folder / "slices.key")),
    )


def _earlier_roots(folder: Path) -> dict[int, bytes]:
    """The roots that ceremonies have kept beside root.json as N.root.json."""
    roots = {}
    for path in folder.glob("*.root.json"):
        number = path.name.removesuffix(".root.json")
        if number.isdecimal():
            roots[int(number)] = path.read_bytes()
    return roots


def parse_root(data: bytes) -> Metadata[Root]:
    """A root that its own keys have signed. Raises TrustError."""
    try:
        root = Metadata[Root].from_bytes(data)
        root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
    except (RepositoryError, ValueError) as error:
        raise TrustError("The TUF root is damaged or not signed by its own keys. Provision the hub anew.") from error
    return root


def require_successor(old: bytes, new: Metadata[Root]) -> None:
    """Return if units that trust `old` will accept `new` as the next root. Raises TrustError."""
    known = parse_root(old)
    if new.signed.version != known.signed.version + 1:
        raise TrustError(
            f"The TUF root has version {new.signed.version} and the published one {known.signed.version}: "
            "units take one version after the other. Install the next one."
        )
    try:
        known.signed.verify_delegate(Root.type, new.signed_bytes, new.signatures)
    except RepositoryError as error:
        raise TrustError("The new TUF root is not signed by the keys of the published one.") from error


def _delegated(root: Metadata[Root], role: str, folder: Path) -> CryptoSigner:
    path = folder / f"{role}.key"
    private = _read_key(path)
    public = private.public_key().public_bytes_raw().hex()
    for key_id in root.signed.roles[role].keyids:
        key = root.signed.keys[key_id]
        if isinstance(key, SSlibKey) and key.keyval.get("public") == public:
            return CryptoSigner(private, key)
    raise TrustError(f"{path} is not a key that the TUF root names for {role}. Put the right key there.")


def _read_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(read_private(path), password=None)
    except ValueError:
        raise PrivateFileError(f"The private key {path} is damaged. Restore it from its backup.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise PrivateFileError(f"The private key {path} must be an Ed25519 key.")
    return key
