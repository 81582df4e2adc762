"""The first TUF root: python-tuf's own client trusts what the hub signs with the keys that it names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from provisioning.tuf_root import create_root

ONLINE = ("targets", "snapshot", "timestamp", "slices")


class FolderFetcher(FetcherInterface):
    """A TUF repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("folder://")
        if not path.exists():
            raise DownloadHTTPError("no such file", 404)
        yield path.read_bytes()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    offline, online = tmp_path / "offline", tmp_path / "online"
    offline.mkdir()
    online.mkdir()
    create_root(offline=offline, online=online, now=datetime.now(UTC))
    return offline, online


def signer(path: Path) -> CryptoSigner:
    return CryptoSigner(load_pem_private_key(path.read_bytes(), password=None))


def test_root_names_the_online_keys_is_signed_offline_and_lasts_a_year(folders: tuple[Path, Path]) -> None:
    offline, online = folders
    metadata = Metadata[Root].from_file(str(online / "root.json"))
    root = metadata.signed
    root.verify_delegate("root", metadata.signed_bytes, metadata.signatures)
    assert root.consistent_snapshot
    assert root.version == 1
    assert timedelta(days=364) < root.expires - datetime.now(UTC) <= timedelta(days=365)
    for role in ONLINE[:3]:
        assert root.roles[role].keyids == [signer(online / f"{role}.key").public_key.keyid]
    assert root.roles["root"].keyids == [signer(offline / "tuf-root.key").public_key.keyid]
    assert len({signer(online / f"{role}.key").public_key.keyid for role in ONLINE}) == len(ONLINE)


def test_root_key_is_not_among_the_hubs_and_all_keys_are_private(folders: tuple[Path, Path]) -> None:
    offline, online = folders
    assert [path.name for path in offline.iterdir()] == ["tuf-root.key"]
    assert {path.name for path in online.iterdir()} == {"root.json", *(f"{role}.key" for role in ONLINE)}
    assert all(path.stat().st_mode & 0o777 == 0o600 for folder in folders for path in folder.glob("*.key"))


def test_tuf_client_downloads_what_the_online_keys_signed(folders: tuple[Path, Path], tmp_path: Path) -> None:
    _, online = folders
    repository, device = tmp_path / "repository", tmp_path / "device"
    for folder in (repository / "metadata", repository / "targets" / "slices", device / "targets"):
        folder.mkdir(parents=True)
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    content = b"an encrypted segment"
    target = TargetFile.from_data("slices/1.segment", content, ["sha256"])
    signed: list[tuple[str, str, Metadata[Any]]] = [
        ("targets", "1.targets.json", Metadata(Targets(1, expires=expires, targets={target.path: target}))),
        ("snapshot", "1.snapshot.json", Metadata(Snapshot(1, expires=expires, meta={"targets.json": MetaFile(1)}))),
        ("timestamp", "timestamp.json", Metadata(Timestamp(1, expires=expires))),
    ]
    for role, name, metadata in signed:
        metadata.sign(signer(online / f"{role}.key"))
        metadata.to_file(str(repository / "metadata" / name))
    (repository / "targets" / "slices" / f"{target.hashes['sha256']}.1.segment").write_bytes(content)

    updater = Updater(
        metadata_dir=str(device),
        metadata_base_url="folder://metadata/",
        target_dir=str(device / "targets"),
        target_base_url="folder://targets/",
        fetcher=FolderFetcher(repository),
        bootstrap=(online / "root.json").read_bytes(),
    )
    updater.refresh()
    info = updater.get_targetinfo("slices/1.segment")
    assert info is not None
    assert Path(updater.download_target(info)).read_bytes() == content
