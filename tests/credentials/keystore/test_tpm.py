"""The TPM: another chip, another disk or another start of the machine gives nothing."""

from importlib import import_module
from pathlib import Path

import pytest

from credentials.keystore.protocol import KeyDestroyedError, KeyStoreError
from credentials.keystore.tpm import TpmKeyStore
from tests.credentials.keystore.swtpm import SoftwareTpm, require_tpm

KEY = bytes(range(32))


def test_disk_in_another_machine_gives_nothing(tpm: SoftwareTpm, tmp_path: Path) -> None:
    TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti).seal(KEY)
    with SoftwareTpm(tmp_path / "other") as other, pytest.raises(KeyDestroyedError):
        TpmKeyStore(tmp_path / "vault.key", tcti=other.tcti).unseal()


def test_chip_with_another_disk_gives_nothing(tpm: SoftwareTpm, tmp_path: Path) -> None:
    TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti).seal(KEY)
    content = (tmp_path / "vault.key").read_bytes()
    (tmp_path / "vault.key").write_bytes(bytes(32).hex().encode())
    with pytest.raises(KeyStoreError, match="another machine"):
        TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti).unseal()
    (tmp_path / "vault.key").write_bytes(content)
    assert TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti).unseal() == KEY


def test_key_survives_a_restart_of_the_machine(tmp_path: Path) -> None:
    require_tpm()
    chip = SoftwareTpm(tmp_path / "state")
    with chip:
        TpmKeyStore(tmp_path / "vault.key", tcti=chip.tcti, pcrs="sha256:7").seal(KEY)
    with chip:
        assert TpmKeyStore(tmp_path / "vault.key", tcti=chip.tcti, pcrs="sha256:7").unseal() == KEY


def test_other_system_that_starts_on_the_machine_gives_nothing(tpm: SoftwareTpm, tmp_path: Path) -> None:
    store = TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti, pcrs="sha256:7")
    store.seal(KEY)
    tpm.extend_register(7)
    with pytest.raises(KeyStoreError, match="other firmware or another system"):
        store.unseal()
    with pytest.raises(KeyStoreError):  # Nor by leaving the registers out.
        TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti).unseal()
    store.zeroise()
    with pytest.raises(KeyDestroyedError):
        store.unseal()


def test_register_that_is_not_named_does_not_matter(tpm: SoftwareTpm, tmp_path: Path) -> None:
    store = TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti, pcrs="sha256:7")
    store.seal(KEY)
    tpm.extend_register(8)
    assert store.unseal() == KEY


def test_key_is_destroyed_also_without_its_file(tpm: SoftwareTpm, tmp_path: Path) -> None:
    store = TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti)
    store.seal(KEY)
    content = (tmp_path / "vault.key").read_bytes()
    (tmp_path / "vault.key").unlink()
    store.zeroise()
    (tmp_path / "vault.key").write_bytes(content)
    (tmp_path / "vault.key").chmod(0o600)
    with pytest.raises(KeyDestroyedError):
        store.unseal()


def test_memory_of_a_zeroised_chip_holds_nothing_of_the_key(tmp_path: Path) -> None:
    require_tpm()
    chip, state = SoftwareTpm(tmp_path / "state"), tmp_path / "state"
    with chip:
        TpmKeyStore(tmp_path / "vault.key", tcti=chip.tcti).seal(KEY)
    assert any(KEY in path.read_bytes() for path in state.iterdir()), "the key does not lie where it is looked for"
    with chip:
        TpmKeyStore(tmp_path / "vault.key", tcti=chip.tcti).zeroise()
    assert not any(KEY in path.read_bytes() for path in state.iterdir())


def test_sealing_that_a_power_cut_ended_is_begun_again(tpm: SoftwareTpm, tmp_path: Path) -> None:
    library = import_module("tpm2_pytss")
    store = TpmKeyStore(tmp_path / "vault.key", tcti=tpm.tcti)
    (tmp_path / "vault.key").write_bytes(b"authorisation that no index has")
    store.seal(KEY)
    assert store.unseal() == KEY
    store.zeroise()
    with library.ESAPI(tpm.tcti) as context:  # Defined, and not yet written.
        context.nv_define_space(bytes(32), library.TPM2B_NV_PUBLIC(nvPublic=store._describe(context)))
    store.seal(KEY)
    assert store.unseal() == KEY


def test_machine_without_a_tpm_says_so(tmp_path: Path) -> None:
    require_tpm()
    with pytest.raises(KeyStoreError, match="Look whether it is there"):
        TpmKeyStore(tmp_path / "vault.key", tcti=f"swtpm:path={tmp_path}/nowhere").seal(KEY)
