"""The first TUF root: python-tuf's own client trusts what the hub signs with the keys that it names."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root

from provisioning.root.creation import create_root
from tests.provisioning.root.repository import Device, FolderRepository, signer

ONLINE = ("targets", "snapshot", "timestamp", "slices")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    offline, online = tmp_path / "offline", tmp_path / "online"
    offline.mkdir()
    online.mkdir()
    create_root(offline=offline, online=online, now=datetime.now(UTC))
    return offline, online


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
    repository = FolderRepository(tmp_path / "repository")
    repository.publish(online, b"an encrypted segment")
    device = Device(tmp_path / "device", (online / "root.json").read_bytes())
    assert device.fetch(repository) == b"an encrypted segment"
