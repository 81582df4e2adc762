"""systemd-creds: a key of another machine or purpose does not open, and what is wrong is said."""

import subprocess
from pathlib import Path

import pytest

from credentials.keystore.protocol import KeyStoreError
from credentials.keystore.systemd import SystemdKeyStore
from credentials.private_files import write_private

KEY = bytes(range(32))


def test_disk_in_another_machine_gives_nothing(systemd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SystemdKeyStore(tmp_path / "vault.key").seal(KEY)
    monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", str(systemd / "other.secret"))
    subprocess.run(["systemd-creds", "--name=x", "encrypt", "-", "-"], input=b"x", capture_output=True, check=True)
    with pytest.raises(KeyStoreError, match="another machine"):
        SystemdKeyStore(tmp_path / "vault.key").unseal()


def test_credential_of_another_purpose_is_not_taken_for_the_key(systemd: Path, tmp_path: Path) -> None:
    other = subprocess.run(
        ["systemd-creds", "--name=other", "encrypt", "-", "-"], input=KEY, capture_output=True, check=True
    )
    write_private(tmp_path / "vault.key", other.stdout)
    with pytest.raises(KeyStoreError, match="could not decrypt"):
        SystemdKeyStore(tmp_path / "vault.key").unseal()


def test_machine_without_systemd_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KeyStoreError, match="Choose another store"):
        SystemdKeyStore(tmp_path / "vault.key")
