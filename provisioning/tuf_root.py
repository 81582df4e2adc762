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

LIFETIME: Final = timedelta(days=365)
ROOT_KEY: Final = "tuf-root.key"
ROOT_FILE: Final = "root.json"
_NAMED_BY_ROOT = (Root.type, "targets", "snapshot", "timestamp")
_SLICES = "slices"


def create_root(*, offline: Path, online: Path, now: datetime) -> None:
    """New keys in both folders, and the signed root in `online`. Raises DiskError."""
    signers = {role: CryptoSigner.generate_ed25519() for role in (*_NAMED_BY_ROOT, _SLICES)}
    write_private(offline / ROOT_KEY, signers[Root.type].private_bytes)
    for role in (*_NAMED_BY_ROOT[1:], _SLICES):
        write_private(online / f"{role}.key", signers[role].private_bytes)
    # TUF keeps whole seconds.
    root = Root(version=1, expires=(now + LIFETIME).replace(microsecond=0), consistent_snapshot=True)
    for role in _NAMED_BY_ROOT:
        root.add_key(signers[role].public_key, role)
    metadata = Metadata(root)
    metadata.sign(signers[Root.type])
    metadata.verify_delegate(Root.type, metadata)
    write_public(online / ROOT_FILE, metadata.to_bytes(JSONSerializer(compact=False)))
