"""The technician's command, on a provisioned unit."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.camera.source import CameraChoice
from edge_agent.config import load_settings
from edge_agent.doctor import examine
from edge_agent.supervision.notes import FaultNotes
from edge_agent.supervision.selftest import check_camera, check_disk
from models.recogniser import Recogniser
from protocol.health import Alarm
from tests.edge_agent.site import Site, synchronise, take


def test_doctor_says_everything_and_nothing_of_a_person(listed: Site, recogniser: Recogniser) -> None:
    with listed.open() as unit:
        synchronise(unit)
        received = take(unit, recogniser, "obama2.jpg")
    done = listed.run("doctor", "--json", changes={"MCA_EDGE_CAMERA": "rtsp://user:hidden-word@127.0.0.1:9/stream"})
    findings = json.loads(done.stdout)
    parts = {finding["part"] for finding in findings}
    assert parts >= {"unit", "software", "board", "power and heat", "disk", "camera", "recogniser", "vault", "clock"}
    camera = next(finding for finding in findings if finding["part"] == "camera")
    assert camera["fault"] == "camera-lost"
    assert "cable" in camera["advice"]
    assert done.returncode == 2
    for secret in (received.reference, "obama", "hidden-word"):
        assert secret not in done.stdout + done.stderr


def test_table_names_each_fault_with_what_to_do(site: Site) -> None:
    done = site.run("doctor", changes={"COLUMNS": "200"})
    assert done.returncode == 2
    assert "development-keys" in done.stdout
    assert "never" in done.stdout


def test_unit_that_does_not_open_is_examined_all_the_same(site: Site) -> None:
    (site.unit / "hub-card.json").unlink()
    findings = examine(load_settings(site.unit / "edge.toml"))
    (finding,) = [finding for finding in findings if finding.state == "does not open"]
    assert finding.fault == "error"


def test_server_that_does_not_answer_and_one_that_the_unit_cannot_know_are_told(site: Site) -> None:
    settings = load_settings(site.unit / "edge.toml")
    found = {finding.part: finding for finding in examine(settings)}
    assert (found["lists"].fault, found["broker"].fault) == (None, "error")
    assert "refused" in (found["broker"].advice or "")
    (site.unit / "tls" / "ca.crt").unlink()
    found = {finding.part: finding for finding in examine(settings)}
    assert (found["lists"].fault, found["broker"].fault) == ("error", "error")


def test_camera_is_looked_for_without_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_bytes(b"")
    assert not [*check_camera(None)]
    assert not [*check_camera(CameraChoice(str(tmp_path / "a.avi")))]
    for lost in (
        "77",
        "rtsp://127.0.0.1:9/stream",
        "rtsp://127.0.0.1:nonsense",
        str(tmp_path / "gone.avi"),
        "picamera2",
    ):
        assert [*check_camera(CameraChoice(lost))] == [Alarm.CAMERA_LOST]


def test_disk_that_takes_no_file_is_told(tmp_path: Path) -> None:
    assert [*check_disk(tmp_path / "nowhere")] == [Alarm.DISK_READ_ONLY]
    assert Alarm.DISK_READ_ONLY not in [*check_disk(tmp_path)]
    assert not [*tmp_path.iterdir()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB in memory."""
    if run("mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", tmp_path):
        pytest.skip("nobody may mount a disk here")
    yield tmp_path
    assert run("umount", tmp_path) == 0


def run(*command: str | Path) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_full_disk_is_taken_for_a_broken_one_or_a_broken_one_for_a_good_one(small_disk: Path) -> None:
    assert [*check_disk(small_disk)] == [Alarm.DISK_FULL]  # Room for the trial, and for no intake.
    with pytest.raises(OSError, match="No space"):
        (small_disk / "everything").write_bytes(bytes(2**20 + 1))
    assert [*check_disk(small_disk)] == [Alarm.DISK_FULL]
    assert run("mount", "-o", "remount,ro", small_disk) == 0
    assert [*check_disk(small_disk)] == [Alarm.DISK_READ_ONLY]


def test_what_an_intake_saw_of_the_camera_outlives_it_and_ends_with_a_good_picture(site: Site) -> None:
    cameras = {Alarm.CAMERA_LOST, Alarm.CAMERA_COVERED}
    with site.open() as unit:
        FaultNotes(unit.database).settle(cameras, {Alarm.CAMERA_COVERED})
    with site.open() as unit:
        notes = FaultNotes(unit.database)
        assert notes.standing() == {Alarm.CAMERA_COVERED}
        notes.settle({Alarm.CAMERA_LOST}, ())
        assert notes.standing() == {Alarm.CAMERA_COVERED}
        notes.settle(cameras, ())
        assert not notes.standing()
