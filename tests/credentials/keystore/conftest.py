"""Each kind of key store, as it would be opened anew after a restart."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credentials.keystore.file import FileKeyStore, PassphraseKeyStore
from credentials.keystore.protocol import KeyStore
from credentials.keystore.systemd import SystemdKeyStore
from credentials.keystore.tpm import TpmKeyStore
from tests.credentials.keystore.swtpm import SoftwareTpm, require_tpm
from tests.support.raw_disk import raw_disk

WORDS = "correct horse battery staple"
OpenStore = Callable[[Path], KeyStore]


@pytest.fixture
def tpm(tmp_path: Path) -> Iterator[SoftwareTpm]:
    require_tpm()
    with SoftwareTpm(tmp_path / "swtpm") as chip:
        yield chip


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a host key of the test's own, so that nothing of this machine is touched."""
    if shutil.which("systemd-creds") is None:
        pytest.skip("systemd-creds is not installed")
    # Not in pytest's folder: systemd takes no host key that lies in memory.
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("SYSTEMD_CREDENTIAL_SECRET", f"{folder}/credential.secret")
        trial = subprocess.run(
            ["systemd-creds", "--name=trial", "encrypt", "-", "-"], input=b"x", capture_output=True, check=False
        )
        if trial.returncode != 0:
            pytest.skip(f"systemd-creds does not work here: {trial.stderr.decode().strip()}")
        yield Path(folder)


@pytest.fixture(params=["file", "passphrase", "systemd-creds", "tpm", "tpm with a measured boot"])
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    if request.param == "systemd-creds":
        request.getfixturevalue("systemd")
        return SystemdKeyStore
    if request.param.startswith("tpm"):
        chip: SoftwareTpm = request.getfixturevalue("tpm")
        pcrs = "sha256:7" if "measured" in request.param else None
        return lambda path: TpmKeyStore(path, tcti=chip.tcti, pcrs=pcrs)
    if request.param == "passphrase":
        return lambda path: PassphraseKeyStore(path, lambda: WORDS)
    return FileKeyStore


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file system of its own: where it is mounted, and its raw image."""
    with raw_disk(tmp_path) as made:
        yield made
