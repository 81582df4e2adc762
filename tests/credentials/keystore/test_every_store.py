"""What every key store keeps: the key across restarts, for this machine alone, until it is destroyed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from credentials.keystore.erasure import erase
from credentials.keystore.file import FileKeyStore
from credentials.keystore.protocol import KeyDestroyedError, KeyStoreError
from credentials.keystore.selection import KeyStoreKind, open_keystore
from credentials.keystore.tpm import TpmKeyStore
from credentials.passphrase import PassphraseError
from credentials.private_files import PrivateFileError
from credentials.vault import StoredDataError, Vault
from tests.credentials.keystore.conftest import WORDS, OpenStore

KEY = bytes(range(32))
TEMPLATE = b"the template of a face" * 20


def test_key_comes_back_after_a_restart(open_store: OpenStore, tmp_path: Path) -> None:
    open_store(tmp_path / "vault.key").seal(KEY)
    assert open_store(tmp_path / "vault.key").unseal() == KEY
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600


def test_key_that_is_kept_is_not_overwritten(open_store: OpenStore, tmp_path: Path) -> None:
    open_store(tmp_path / "vault.key").seal(KEY)
    with pytest.raises(KeyStoreError, match="not overwritten"):
        open_store(tmp_path / "vault.key").seal(bytes(32))
    assert open_store(tmp_path / "vault.key").unseal() == KEY


def test_key_that_was_never_made_or_is_destroyed_is_said_to_be_gone(open_store: OpenStore, tmp_path: Path) -> None:
    with pytest.raises(KeyDestroyedError, match="Provision this unit anew"):
        open_store(tmp_path / "vault.key").unseal()
    open_store(tmp_path / "vault.key").seal(KEY)
    for _ in range(2):
        open_store(tmp_path / "vault.key").zeroise()
        with pytest.raises(KeyDestroyedError, match="Provision this unit anew"):
            open_store(tmp_path / "vault.key").unseal()
    open_store(tmp_path / "vault.key").seal(bytes(32))
    assert open_store(tmp_path / "vault.key").unseal() == bytes(32)


def test_file_open_to_others_is_refused(open_store: OpenStore, tmp_path: Path) -> None:
    open_store(tmp_path / "vault.key").seal(KEY)
    (tmp_path / "vault.key").chmod(0o644)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        open_store(tmp_path / "vault.key").unseal()


def test_damaged_file_does_not_give_a_key_and_can_still_be_destroyed(open_store: OpenStore, tmp_path: Path) -> None:
    open_store(tmp_path / "vault.key").seal(KEY)
    with (tmp_path / "vault.key").open("r+b") as file:
        file.seek(40)
        file.write(b"zz")
    with pytest.raises((KeyStoreError, PassphraseError)):
        open_store(tmp_path / "vault.key").unseal()
    open_store(tmp_path / "vault.key").zeroise()
    with pytest.raises(KeyDestroyedError):
        open_store(tmp_path / "vault.key").unseal()


def test_key_of_a_wrong_length_is_not_kept(open_store: OpenStore, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="length"):
        open_store(tmp_path / "vault.key").seal(bytes(31))
    with pytest.raises(KeyDestroyedError):
        open_store(tmp_path / "vault.key").unseal()


def test_only_a_plain_file_holds_the_key_readably(open_store: OpenStore, tmp_path: Path) -> None:
    store = open_store(tmp_path / "vault.key")
    store.seal(KEY)
    content = (tmp_path / "vault.key").read_bytes()
    assert (KEY in content or KEY.hex().encode() in content) == isinstance(store, FileKeyStore)


def test_vault_opens_after_a_restart_and_never_after_it_was_zeroised(open_store: OpenStore, tmp_path: Path) -> None:
    sealed = Vault.create(open_store(tmp_path / "vault.key")).encrypt(TEMPLATE, "watchlist/1")
    vault = Vault.open(open_store(tmp_path / "vault.key"))
    assert vault.decrypt(sealed, "watchlist/1") == TEMPLATE
    copied = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-copy"), ignore=_sockets)
    open_store(tmp_path / "vault.key").zeroise()
    with pytest.raises(KeyDestroyedError):
        Vault.open(open_store(tmp_path / "vault.key"))
    if isinstance(open_store(tmp_path / "vault.key"), TpmKeyStore):
        # Whoever copied the disk before, and has the machine now, has nothing.
        with pytest.raises(KeyDestroyedError):
            open_store(copied / "vault.key").unseal()


def test_raw_copy_of_a_zeroised_disk_holds_nothing_of_the_key(open_store: OpenStore, disk: tuple[Path, Path]) -> None:
    mounted, image = disk
    vault = Vault.create(open_store(mounted / "vault.key"))
    (mounted / "watchlist").write_bytes(vault.encrypt(TEMPLATE, "watchlist/1"))
    os.sync()
    key = open_store(mounted / "vault.key").unseal()
    kept = (mounted / "vault.key").read_bytes()
    assert kept in image.read_bytes(), "the image is not where the file lies"
    open_store(mounted / "vault.key").zeroise()
    subprocess.run(["umount", mounted], check=True)
    raw = image.read_bytes()
    for trace in (key, key.hex().encode(), kept, kept[:32], kept[-32:], TEMPLATE[:22]):
        assert trace not in raw


def test_store_that_is_weak_says_so_at_every_start(open_store: OpenStore, tmp_path: Path) -> None:
    for start in (Vault.create, Vault.open):
        with capture_logs() as logs:
            vault = start(open_store(tmp_path / "vault.key"))
        weakness = open_store(tmp_path / "vault.key").weakness
        assert vault.weakness == weakness
        warned = [log for log in logs if log["event"] == "vault.weak_key_store" and log["log_level"] == "warning"]
        assert [log["weakness"] for log in warned] == ([] if weakness is None else [weakness])


def test_setting_leads_to_its_store(tmp_path: Path) -> None:
    for kind in (KeyStoreKind.FILE, KeyStoreKind.PASSPHRASE):
        store = open_keystore(kind, tmp_path / kind, ask_passphrase=lambda: WORDS)
        store.seal(KEY)
        assert store.unseal() == KEY
        assert store.weakness is not None


def test_ciphertext_moved_to_another_place_or_altered_is_refused(tmp_path: Path) -> None:
    vault = Vault.create(FileKeyStore(tmp_path / "vault.key"))
    sealed = vault.encrypt(TEMPLATE, "watchlist/1")
    assert vault.encrypt(TEMPLATE, "watchlist/1") != sealed
    for data, context in ((sealed, "watchlist/2"), (sealed[:-1], "watchlist/1"), (b"", "watchlist/1")):
        with pytest.raises(StoredDataError):
            vault.decrypt(data, context)
    for place in (0, 12, len(sealed) - 1):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(StoredDataError):
            vault.decrypt(bytes(altered), "watchlist/1")


def test_vault_of_another_key_is_refused(tmp_path: Path) -> None:
    sealed = Vault.create(FileKeyStore(tmp_path / "one")).encrypt(TEMPLATE, "watchlist/1")
    with pytest.raises(StoredDataError, match="another machine"):
        Vault.create(FileKeyStore(tmp_path / "two")).decrypt(sealed, "watchlist/1")


def test_erased_file_is_overwritten_where_it_lay(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "vault.key")
    store.seal(KEY)
    (tmp_path / "the same blocks").hardlink_to(tmp_path / "vault.key")
    store.zeroise()
    assert KEY.hex().encode() not in (tmp_path / "the same blocks").read_bytes()
    assert not (tmp_path / "vault.key").exists()


def test_large_file_is_overwritten_to_its_end(tmp_path: Path) -> None:
    data = b"a segment of the watchlist " * 100_000
    (tmp_path / "segment").write_bytes(data)
    (tmp_path / "the same blocks").hardlink_to(tmp_path / "segment")
    erase(tmp_path / "segment")
    left = (tmp_path / "the same blocks").read_bytes()
    assert len(left) == len(data)
    assert b"watchlist" not in left


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]
