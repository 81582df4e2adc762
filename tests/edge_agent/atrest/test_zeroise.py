"""A unit whose secrets were destroyed: nothing on its disk opens, whoever reads it, and it says what it is."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from credentials.keystore.file import FileKeyStore
from credentials.keystore.protocol import KeyDestroyedError, KeyStore, KeyStoreError
from credentials.keystore.tpm import TpmKeyStore
from edge_agent.atrest.keys import UnitZeroisedError, open_keys
from edge_agent.atrest.places import Places
from edge_agent.atrest.zeroise import ZeroiseIncompleteError, zeroise
from edge_agent.bootstrap import places, zeroise_unit
from edge_agent.config import load_settings
from models.recogniser import Recogniser
from protocol.ids import UnitId
from provisioning.units import add_unit
from tests.credentials.keystore.swtpm import SoftwareTpm, require_tpm
from tests.edge_agent.site import SITE, Site, synchronise, take
from tests.support.hub_simulator import HubPeer
from tests.support.raw_disk import raw_disk


def secret_files(unit: Path) -> list[Path]:
    return [path for folder in ("vault", "data") for path in (unit / folder).rglob("*") if path.is_file()]


def chunks(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Parts of what lies there: 32 bytes of every 4096, where they say anything."""
    for path in files:
        data = path.read_bytes()
        for start in range(0, len(data), 4096):
            chunk = data[start + 100 : start + 132] or data[start : start + 32]
            if len(set(chunk)) > 8 and path.suffix != ".json":  # TUF metadata is public.
                yield path.name, chunk


def start(site: Site) -> None:
    """A start of the unit, in this process."""
    with site.open():
        pass


def zeroise_now(site: Site) -> None:
    zeroise_unit(load_settings(site.unit / "edge.toml"))


def require_zeroised(site: Site) -> None:
    with pytest.raises(UnitZeroisedError, match=r"was zeroised.*mca provision revoke"):
        start(site)
    assert [path.name for path in secret_files(site.unit)] == ["zeroised"]


@contextmanager
def on(folder: Path, site: Site) -> Iterator[Site]:
    """The site with its unit on another disk."""
    shutil.copytree(site.unit, folder / "unit", symlinks=True)
    shutil.rmtree(site.unit)
    site.unit.symlink_to(folder / "unit")
    yield site


def test_raw_image_of_a_zeroised_unit_holds_nothing_of_what_it_held(
    listed: Site, recogniser: Recogniser, tmp_path: Path
) -> None:
    with raw_disk(tmp_path, megabytes=32) as (mounted, image), on(mounted, listed):
        plain = [listed.unit / name for name in ("signing.key", "opening.key", "tls/unit.key")]
        traces = list(chunks(plain))
        assert len(traces) == 3
        with listed.open() as unit:
            synchronise(unit)
            take(unit, recogniser, "obama2.jpg")
            take(unit, recogniser, "biden.jpg")
        os.sync()
        traces += chunks(secret_files(listed.unit))
        assert {"keys", "store.key", "unit.sqlite"} <= {name for name, _ in traces}
        raw = image.read_bytes()
        # The journal of the file system may hold a block late; that most of it is there shows that this image is it.
        assert sum(chunk in raw for _, chunk in traces[3:]) > 0.9 * len(traces[3:])
        assert listed.run("zeroise", "--yes").returncode == 0
        require_zeroised(listed)
        subprocess.run(["umount", mounted], check=True)
        raw = image.read_bytes()
        # SQLite had freed blocks of its journal before; what they hold opens with no key that is left.
        assert {name for name, chunk in traces if chunk in raw} <= {"unit.sqlite"}
        subprocess.run(["mount", "-o", "loop", image, mounted], check=True)


def test_copy_of_the_disk_made_before_opens_nothing_without_the_chips_memory(site: Site, tmp_path: Path) -> None:
    require_tpm()
    found = places(load_settings(site.unit / "edge.toml"))
    with SoftwareTpm(tmp_path / "swtpm") as chip:

        def open_store() -> KeyStore:
            return TpmKeyStore(found.store, tcti=chip.tcti)

        open_keys(found, open_store)
        shutil.copytree(found.vault, tmp_path / "old blocks of the flash")
        zeroise(found, open_store)
        shutil.rmtree(found.vault)
        shutil.copytree(tmp_path / "old blocks of the flash", found.vault)
        with pytest.raises(KeyDestroyedError):
            open_keys(found, open_store)


def test_running_agent_ends_and_nothing_of_it_stays(listed: Site, peer: HubPeer, recogniser: Recogniser) -> None:
    peer.answering = False
    with listed.start("run") as agent:
        agent.wait_for("watchlist.synced")
        with listed.open() as unit:
            take(unit, recogniser, "obama2.jpg")
        assert listed.run("zeroise", "--yes").returncode == 0
        assert agent.process.wait(60) == 2
        require_zeroised(listed)
        said = listed.run("status")
        assert said.returncode == 2
        assert "was zeroised" in said.stderr
        assert "Traceback" not in said.stderr


@pytest.mark.parametrize("survivor", ["nothing", "the vault's key", "the key file", "the plain keys", "the data"])
def test_zeroise_that_a_power_cut_ended_goes_on_at_the_next_start(
    listed: Site, recogniser: Recogniser, tmp_path: Path, survivor: str
) -> None:
    before = shutil.copytree(listed.unit, tmp_path / "before")
    with listed.open() as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
    running = shutil.copytree(listed.unit, tmp_path / "running")
    zeroise_now(listed)
    (listed.unit / "vault" / "zeroised").write_bytes(b"begun")
    match survivor:
        case "the vault's key":
            shutil.copy2(running / "vault" / "store.key", listed.unit / "vault" / "store.key")
        case "the key file":
            shutil.copy2(running / "vault" / "keys", listed.unit / "vault" / "keys")
        case "the plain keys":
            shutil.copy2(before / "opening.key", listed.unit / "opening.key")
        case "the data":
            shutil.copytree(running / "data", listed.unit / "data", dirs_exist_ok=True)
    require_zeroised(listed)
    assert not (listed.unit / "opening.key").exists()


def test_unit_that_never_started_is_zeroised_too(site: Site) -> None:
    zeroise_now(site)
    assert not any((site.unit / name).exists() for name in ("signing.key", "opening.key", "tls/unit.key"))
    require_zeroised(site)


def test_unit_provisioned_anew_in_the_same_place_starts(site: Site) -> None:
    start(site)
    zeroise_now(site)
    other = add_unit(site.folder, UnitId("bd/benapole-2"), site=SITE, slices=(), now=datetime.now(UTC))
    shutil.copytree(other, site.unit, dirs_exist_ok=True)
    start(site)
    assert not (site.unit / "signing.key").exists()
    start(site)


def test_nothing_is_destroyed_without_a_yes(site: Site) -> None:
    start(site)
    asked = subprocess.run(
        site.command("zeroise"), env=site.environment({}), input="n\n", capture_output=True, text=True, check=False
    )
    assert asked.returncode != 0
    assert "bd/benapole-1" in asked.stdout
    start(site)


def test_key_store_that_does_not_answer_keeps_nothing_else_from_being_destroyed(tmp_path: Path) -> None:
    found = Places(*(tmp_path / name for name in ("vault", "identity", "tls", "data")))
    for folder in (found.identity, found.tls, found.data / "watchlist" / "targets"):
        folder.mkdir(parents=True)
    held = [found.identity / "signing.key", found.data / "watchlist" / "targets" / "ab"]
    for path in held:
        path.write_bytes(secrets.token_bytes(100))

    def broken() -> KeyStore:
        raise KeyStoreError("The TPM does not answer.")

    with pytest.raises(ZeroiseIncompleteError, match=r"The TPM does not answer.*destroy the disk itself"):
        zeroise(found, broken)
    assert not any(path.exists() for path in held)
    zeroise(found, partial(FileKeyStore, found.store))
    with pytest.raises(UnitZeroisedError):
        open_keys(found, partial(FileKeyStore, found.store))
