"""The commands as people run them."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from credentials.private_files import PrivateFileError
from edge_agent.config import SettingsError
from edge_agent.sightings.outbox import Counts
from edge_agent.status import Status
from models.images import encode_png
from models.pack import default_pack_path
from protocol.sighting import LegalBasis
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import BEST_INTERESTS, Site, synchronise


@pytest.fixture
def ready(listed: Site) -> Site:
    with listed.open() as unit:
        synchronise(unit)
    return listed


def masked(text: str) -> str:
    """Without what differs between any two intakes: the reference, the time and the number."""
    text = re.sub(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", "REFERENCE", text)
    return re.sub(r'"(timestamp|sequence)": ("[^"]*"|\d+)', r'"\1": …', text)


def test_output_is_the_same_byte_for_byte_whether_someone_was_recognised_or_not(ready: Site) -> None:
    recognised, unknown = (ready.intake(SAMPLES / photo) for photo in ("obama2.jpg", "biden.jpg"))
    for done in (recognised, unknown):
        assert (done.returncode, masked(done.stdout)) == (0, "Received. Reference REFERENCE.\n")
    assert masked(recognised.stderr) == masked(unknown.stderr)
    as_json = ready.intake(SAMPLES / "obama3.jpg", "--json")
    assert masked(as_json.stdout) == '{"reference": "REFERENCE", "faces": 1, "received": true}\n'
    assert masked(as_json.stderr) == masked(unknown.stderr)


def test_no_photograph_is_opened_without_a_legal_basis(ready: Site, tmp_path: Path) -> None:
    # A file that is not there would be complained of, if it were looked for.
    done = ready.run("intake", "--photo", str(tmp_path / "gone.jpg"), "--age-band", "4-8", "--sex", "female")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("mca: No photograph without a legal basis.")
    assert all(basis in done.stderr for basis in LegalBasis)


def test_uncalibrated_pack_serves_only_who_asks_for_it(ready: Site, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(default_pack_path(), tmp_path / "pack"))
    (pack / "calibration.json").unlink()
    changes = {"MCA_EDGE_PACK": str(pack)}
    refused = ready.intake(SAMPLES / "obama2.jpg", changes=changes)
    assert refused.returncode == 2
    assert "--uncalibrated" in refused.stderr.splitlines()[-1]
    assert ready.intake(SAMPLES / "obama2.jpg", "--uncalibrated", changes=changes).returncode == 0
    assert ready.intake(SAMPLES / "obama2.jpg", changes=changes | {"MCA_EDGE_UNCALIBRATED": "true"}).returncode == 0
    # Nobody is compared here.
    assert ready.run("status", changes=changes).returncode == 0


def test_error_is_one_clear_line_and_leaves_nothing(ready: Site, tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(encode_png(np.full((300, 300, 3), 180, np.uint8)))
    (tmp_path / "text.jpg").write_text("hello")
    for photo, words in (("wall.png", "No face was found"), ("text.jpg", "not a JPEG"), ("gone.jpg", "cannot be read")):
        done = ready.intake(tmp_path / photo)
        assert done.returncode == 1
        assert done.stdout == ""
        assert words in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    with ready.open() as unit:
        assert unit.outbox.counts() == Counts(0, 0)


def test_intake_without_a_watchlist_is_received_like_any_other_and_waits(site: Site) -> None:
    done = site.intake(SAMPLES / "obama.jpg")
    assert done.returncode == 0
    assert done.stdout.startswith("Received. Reference ")
    status = site.status()
    assert (status["waiting"], status["pending"], status["matching"]) == (1, 0, False)
    shown = site.run("status").stdout
    assert "NO SEARCH" in shown
    assert "1 wait for a watchlist" in shown
    assert "NOBODY IS COMPARED" in shown


def test_key_store_for_development_is_loud_wherever_the_unit_speaks(site: Site) -> None:
    status = site.run("status")
    assert "Key store   file; WARNING: The vault's key lies beside it" in status.stdout
    assert "vault.weak_key_store" in status.stderr
    assert "development-keys" in site.status()["alarms"]


def test_sync_and_status_say_how_the_unit_is(listed: Site) -> None:
    before = listed.status()
    assert (before["list_version"], before["list_published_at"], before["last_sync"]) == (0, None, None)
    assert listed.run("sync").stdout == "The watchlist was updated: version 1.\n"
    after = json.loads(listed.run("status", "--json").stdout)
    assert list(after) == list(before) == list(Status.__annotations__)
    assert (before["stale"], after["stale"]) == (True, False)
    assert (after["unit"], after["entries"], after["list_version"]) == ("bd/benapole-1", 2, 1)


def test_hub_that_is_not_there_is_said_with_the_exit_code_for_later(site: Site) -> None:
    site.hub.server.mischief.down = True
    done = site.run("sync")
    assert done.returncode == 3
    assert "is tried again" in done.stderr


def test_keys_of_another_unit_are_refused(site: Site) -> None:
    text = (site.unit / "edge.toml").read_text().replace("bd/benapole-1", "bd/benapole-2")
    (site.unit / "edge.toml").write_text(text)
    with pytest.raises(SettingsError, match="Provision this unit anew"), site.open():
        pass


def test_key_that_others_can_read_is_refused(site: Site) -> None:
    (site.unit / "signing.key").chmod(0o644)
    with pytest.raises(PrivateFileError, match="chmod 600"), site.open():
        pass


def test_photo_and_camera_together_or_neither_is_a_wrong_use(ready: Site) -> None:
    facts = ["--legal-basis", "court-order", "--authority", "Court", "--basis-reference", "7", "--age-band", "4-8"]
    for more in ((), ("--photo", "a.jpg", "--camera", "0")):
        done = ready.run("intake", *facts, *more)
        assert done.returncode == 2
        assert "either --photo or --camera" in done.stderr


def test_full_disk_is_said_with_the_exit_code_for_later_and_loses_nothing(ready: Site) -> None:
    assert ready.intake(SAMPLES / "obama2.jpg").returncode == 0
    facts = (*BEST_INTERESTS, "--age-band", "18+")
    done = ready.run("intake", "--photo", str(SAMPLES / "biden.jpg"), *facts, largest_file=50_000)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "Make room on the disk" in done.stderr.splitlines()[-1]
    with ready.open() as unit:
        assert unit.outbox.counts() == Counts(pending=1, receipts=0)
    assert ready.intake(SAMPLES / "biden.jpg").returncode == 0
    with ready.open() as unit:
        assert unit.outbox.pending(10) == [1, 2]
