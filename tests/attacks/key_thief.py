"""Somebody who has the web server of the watchlist and stolen keys of its repository, and nothing else."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Timestamp

from tests.edge_agent.site import MISSING, Site

SLICE = f"slices/{MISSING}"
FURTHEST = 2**31 - 1


class Thief:
    """Signs with keys stolen from the hub: `timestamp`, `snapshot`, `targets` or `slices`.

    What it serves lies over what the hub serves, until the next `leave`.
    """

    def __init__(self, site: Site, *stolen: str) -> None:
        self._site = site
        folder = site.folder / "hub" / "tuf"
        self._signers = [private_key(folder / f"{name}.key") for name in stolen]

    def serve(self, role: str, change: Callable[[Any], None]) -> bytes:
        """A role's present metadata under its name, changed, with all of the stolen keys' signatures."""
        metadata = self.present(role)
        change(metadata.signed)
        metadata.signatures.clear()
        for signer in self._signers:
            metadata.sign(signer, append=True)
        data = metadata.to_bytes()
        name = "timestamp.json" if role == "timestamp" else f"{metadata.signed.version}.{role}.json"
        self._site.hub.server.mischief.replaced[f"/metadata/{name}"] = data
        return data

    def serve_chain(self, snapshot: Callable[[Any], None], timestamp: Callable[[Any], None]) -> None:
        """A changed snapshot under a timestamp that names it."""
        data = self.serve("snapshot", snapshot)
        version = Metadata[Snapshot].from_bytes(data).signed.version

        def name_it(signed: Timestamp) -> None:
            signed.snapshot_meta = MetaFile.from_data(version, data, ["sha256"])
            timestamp(signed)

        self.serve("timestamp", name_it)

    def present(self, role: str) -> Metadata[Any]:
        """What the hub says of a role."""
        name = "timestamp.json" if role == "timestamp" else f"{self._site.hub.repository.versions[role]}.{role}.json"
        return Metadata.from_bytes(self._site.hub.server.files[f"/watchlist/metadata/{name}"])

    def leave(self) -> None:
        """Serve what the hub does."""
        self._site.hub.server.mischief.replaced.clear()


def hold_back(site: Site, names: Iterable[str]) -> None:
    """From now on the server has these files only as they are now."""
    for name in names:
        path = f"/watchlist/metadata/{name}"
        site.hub.server.mischief.replaced[path] = site.hub.server.files[path]


def private_key(path: Path) -> CryptoSigner:
    """The signer of a private key in PEM."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return CryptoSigner(key)
