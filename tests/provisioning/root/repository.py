"""A TUF repository in a folder, signed with the keys that a hub's folder holds, and a device that follows it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

SEGMENT = "slices/bd/missing/1"


def signer(path: Path) -> CryptoSigner:
    """The signer of a private key in PEM."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return CryptoSigner(key)


class FolderFetcher(FetcherInterface):
    """Fetches from a folder, and answers as a server does when a file is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("folder://")
        if not path.exists():
            raise DownloadHTTPError("no such file", 404)
        yield path.read_bytes()


class FolderRepository:
    """What a hub publishes: every root that its folder holds, and one segment under a delegated role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._version = 0
        (folder / "metadata").mkdir(parents=True)
        (folder / "targets" / "slices" / "bd" / "missing").mkdir(parents=True)

    def publish(self, tuf: Path, content: bytes) -> None:
        """Sign the next version of every role with the keys in `tuf`."""
        self._version += 1
        version, expires = self._version, datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        slices = signer(tuf / "slices.key")
        target = TargetFile.from_data(SEGMENT, content, ["sha256"])
        role = DelegatedRole("missing", [slices.public_key.keyid], 1, terminating=True, paths=["slices/bd/missing/*"])
        delegations = Delegations({slices.public_key.keyid: slices.public_key}, {"missing": role})
        listed = {"targets.json": MetaFile(version), "missing.json": MetaFile(version)}
        listing = Targets(version, expires=expires, targets={SEGMENT: target})
        delegating = Targets(version, expires=expires, delegations=delegations)
        current = Timestamp(version, expires=expires, snapshot_meta=MetaFile(version))
        signed: list[tuple[str, str, Metadata[Any]]] = [
            ("slices", f"{version}.missing.json", Metadata(listing)),
            ("targets", f"{version}.targets.json", Metadata(delegating)),
            ("snapshot", f"{version}.snapshot.json", Metadata(Snapshot(version, expires=expires, meta=listed))),
            ("timestamp", "timestamp.json", Metadata(current)),
        ]
        for key, name, metadata in signed:
            metadata.sign(signer(tuf / f"{key}.key"))
            metadata.to_file(str(self.folder / "metadata" / name))
        (path,) = target.get_prefixed_paths()
        (self.folder / "targets" / path).write_bytes(content)
        for root in tuf.glob("*root.json"):
            data = root.read_bytes()
            number = Metadata.from_bytes(data).signed.version
            (self.folder / "metadata" / f"{number}.root.json").write_bytes(data)


class Device:
    """python-tuf's own client, which was given `root` once."""

    def __init__(self, folder: Path, root: bytes) -> None:
        self._folder = folder
        self._root: bytes | None = root
        (folder / "targets").mkdir(parents=True)

    def fetch(self, repository: FolderRepository) -> bytes:
        """The segment, after everything that leads to it is verified. Raises RepositoryError."""
        updater = Updater(
            metadata_dir=str(self._folder),
            metadata_base_url="folder://metadata/",
            target_dir=str(self._folder / "targets"),
            target_base_url="folder://targets/",
            fetcher=FolderFetcher(repository.folder),
            bootstrap=self._root,
        )
        self._root = None
        updater.refresh()
        info = updater.get_targetinfo(SEGMENT)
        assert info is not None
        return Path(updater.download_target(info)).read_bytes()

    def root_version(self) -> int:
        """Which root it trusts now."""
        return Metadata.from_file(str(self._folder / "root.json")).signed.version
