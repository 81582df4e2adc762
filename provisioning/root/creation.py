"""The first root of the hub's TUF repository: who may sign its watchlist.

The root key stays offline with the authority and signs only this list of keys. The hub holds the others:
`targets`, `snapshot` and `timestamp`, which the root names, and `slices`, which targets delegates to.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization.json import JSONSerializer

from credentials.private_files import write_private, write_public
from provisioning.root.keys import KEY_FILE, name_holder

LIFETIME: Final = timedelta(days=365)
ROOT_FILE: Final = "root.json"
# The hub's roles whose keys the root names.
NAMED_BY_ROOT: Final = ("targets", "snapshot", "timestamp")
SLICES: Final = "slices"


def create_root(*, offline: Path, online: Path, now: datetime) -> None:
    """New keys in both folders, and the signed root in `online`. Raises DiskError."""
    signers = {role: CryptoSigner.generate_ed25519() for role in (Root.type, *NAMED_BY_ROOT, SLICES)}
    write_private(offline / KEY_FILE, signers[Root.type].private_bytes)
    for role in (*NAMED_BY_ROOT, SLICES):
        write_private(online / key_file(role), signers[role].private_bytes)
    root = Root(version=1, expires=expiry(now, LIFETIME), consistent_snapshot=True)
    root.add_key(name_holder(signers[Root.type].public_key, "authority"), Root.type)
    for role in NAMED_BY_ROOT:
        root.add_key(signers[role].public_key, role)
    metadata = Metadata(root)
    metadata.sign(signers[Root.type])
    root.verify_delegate(Root.type, metadata.signed_bytes, metadata.signatures)
    write_public(online / ROOT_FILE, root_bytes(metadata))


def key_file(role: str) -> str:
    """Where the hub looks for the key of one of its roles."""
    return f"{role}.key"


def expiry(now: datetime, lifetime: timedelta) -> datetime:
    """When something made `now` expires: TUF keeps whole seconds."""
    return (now + lifetime).replace(microsecond=0)


def root_bytes(metadata: Metadata[Root]) -> bytes:
    """A root as its file holds it."""
    return metadata.to_bytes(JSONSerializer(compact=False))
