"""A unit's keys between its provisioning and its vault: never lost, and never left in plain files."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes

import pytest

from credentials.identity import load_identity
from credentials.passphrase import PassphraseError
from credentials.private_files import write_private
from credentials.vault import StoredDataError
from edge_agent.atrest.keys import OtherKeysError
from edge_agent.bootstrap import places
from edge_agent.config import load_settings
from protocol.ids import UnitId
from provisioning.units import add_unit
from tests.edge_agent.site import SITE, Site

PLAIN = ("signing.key", "opening.key", "tls/unit.key")


def private_bytes(unit: Path) -> dict[str, list[bytes]]:
    """The plain keys as the files hold them and as they are."""
    contents = {name: (unit / name).read_bytes() for name in PLAIN}
    binary = {name: [bytes.fromhex(contents[name].decode())] for name in PLAIN[:2]}
    body = b"".join(contents["tls/unit.key"].splitlines()[1:-1])
    return {name: [content, *binary.get(name, [body[:32], body[-40:-8]])] for name, content in contents.items()}


def start(site: Site) -> None:
    """A start of the unit, in this process."""
    with site.open():
        pass


def require_nowhere(unit: Path, secrets: dict[str, list[bytes]]) -> None:
    for path in unit.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for name, traces in secrets.items():
                assert not any(trace in data for trace in traces), f"{name} is in {path.name}"


def test_keys_move_into_the_vault_at_the_first_start_and_stay_the_same(site: Site) -> None:
    verify_key, secrets = load_identity(site.unit).public.verify_key.raw, private_bytes(site.unit)
    for _ in range(2):
        start(site)
        assert not any((site.unit / name).exists() for name in PLAIN)
        require_nowhere(site.unit, secrets)
        with site.open() as unit:
            assert unit.identity.public.verify_key.raw == verify_key
            unit.tls_context()


def test_start_that_a_full_disk_ended_loses_no_key(site: Site) -> None:
    secrets = private_bytes(site.unit)
    for size in (16, 300):
        failed = site.run("status", largest_file=size)
        assert failed.returncode != 0
        assert "Traceback" not in failed.stderr
        assert all((site.unit / name).exists() for name in PLAIN)
    start(site)
    require_nowhere(site.unit, secrets)


def test_start_that_was_cut_between_two_steps_goes_on(site: Site, tmp_path: Path) -> None:
    before, secrets = shutil.copytree(site.unit, tmp_path / "before"), private_bytes(site.unit)
    with site.open() as unit:
        verify_key = unit.identity.public.verify_key.raw
    for left in (PLAIN, PLAIN[1:], PLAIN[2:]):  # The vault has them, and so many plain files are not erased yet.
        for name in left:
            shutil.copy2(before / name, site.unit / name)
        with site.open() as unit:
            assert unit.identity.public.verify_key.raw == verify_key
        require_nowhere(site.unit, secrets)
    for name in PLAIN:  # The vault's key was made, and nothing is in it yet.
        shutil.copy2(before / name, site.unit / name)
    (site.unit / "vault" / "keys").unlink()
    with site.open() as unit:
        assert unit.identity.public.verify_key.raw == verify_key
    require_nowhere(site.unit, secrets)


def test_erasure_that_was_cut_between_overwriting_and_removing_goes_on(site: Site) -> None:
    sizes = {name: (site.unit / name).stat().st_size for name in PLAIN}
    start(site)
    for name, size in sizes.items():
        write_private(site.unit / name, token_bytes(size))
        start(site)
        assert not (site.unit / name).exists()


def test_two_first_starts_at_once_make_one_vault(site: Site) -> None:
    with site.start("status") as one, site.start("status") as other:
        assert (one.process.wait(60), other.process.wait(60)) == (0, 0)
    with site.open() as unit:
        assert unit.identity.name == "bd/benapole-1"


def test_folder_of_another_unit_copied_over_this_one_is_refused(site: Site) -> None:
    start(site)
    other = add_unit(site.folder, UnitId("bd/benapole-2"), site=SITE, slices=(), now=datetime.now(UTC))
    shutil.copy2(other / "signing.key", site.unit / "signing.key")
    with pytest.raises(OtherKeysError, match="empty place"), site.open():
        pass
    assert (site.unit / "signing.key").exists(), "a key that is nowhere else was erased"


def test_altered_key_file_is_refused(site: Site) -> None:
    start(site)
    keys = site.unit / "vault" / "keys"
    data = bytearray(keys.read_bytes())
    data[50] ^= 1
    keys.write_bytes(data)
    with pytest.raises(StoredDataError), site.open():
        pass


def test_passphrase_comes_from_a_private_file_and_a_wrong_one_opens_nothing(site: Site, tmp_path: Path) -> None:
    settings = site.unit / "edge.toml"
    words = tmp_path / "words"
    text = settings.read_text().replace('key_store = "file"', f'key_store = "passphrase"\npassphrase_file = "{words}"')
    settings.write_text(text)
    words.write_text("correct horse battery staple\n")
    words.chmod(0o600)
    start(site)
    words.write_text("wrong horse battery staple\n")
    with pytest.raises(PassphraseError), site.open():
        pass
    settings.write_text(text.replace("passphrase_file", "# passphrase_file"))
    silent = subprocess.run(
        site.command("status"),
        env=site.environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert silent.returncode == 2
    assert "set `passphrase_file`" in silent.stderr


def test_places_are_those_of_the_settings(site: Site) -> None:
    found = places(load_settings(site.unit / "edge.toml"))
    assert (found.store, found.plain[2]) == (site.unit / "vault" / "store.key", site.unit / "tls" / "unit.key")
