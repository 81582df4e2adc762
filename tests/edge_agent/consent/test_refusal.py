"""An intake that is refused or left in the middle: not a byte of the person is anywhere afterwards.

Every byte of the unit's folder, of the process's temporary files, and of what it has open is read.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.bootstrap import Unit
from models.recogniser import Recogniser
from tests.edge_agent.lists import SAMPLES
from tests.edge_agent.site import BEST_INTERESTS, Site, synchronise
from tests.edge_agent.test_nothing_on_disk import every_file, open_files, require_clean, secrets_of
from tests.support.hub_simulator import wait_until

PHOTO = str(SAMPLES / "obama2.jpg")
FACTS = ("--age-band", "4-8", "--sex", "male", "--photo", PHOTO)
MOTHER = ("--legal-basis", "guardian-consent", "--guardian", "mother")
REFUSED = {
    "no-basis": (),
    "child-not-asked": MOTHER,
    "child-said-no": (*MOTHER, "--child-refuses"),
    "no-official": ("--legal-basis", "best-interests", "--reason", "alone"),
    "no-reason": ("--legal-basis", "best-interests", "--official", "A. Rahman"),
    "order-without-number": ("--legal-basis", "court-order", "--authority", "Court"),
    "police-without-station": ("--legal-basis", "police-order", "--basis-reference", "7"),
}


def rows(unit: Unit) -> dict[str, int]:
    with unit.database.reading() as tables:
        return {name: tables.table(name).count for name in tables.table_names() if name != "state"}


def test_refused_intake_opens_no_camera_and_leaves_no_byte(
    listed: Site, recogniser: Recogniser, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with listed.open() as unit:
        synchronise(unit)
        secrets, before = secrets_of(recogniser, unit), rows(unit)
        for name, basis in REFUSED.items():
            done = listed.run("intake", *FACTS, *basis, changes={"TMPDIR": str(temporary)})
            assert done.returncode == 1, name
            assert "intake.started" not in done.stderr
        assert rows(unit) == before
        require_clean(list(every_file(listed.unit, temporary)), secrets)
    assert list(temporary.iterdir()) == []


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A suite that a shell started in the background ignores SIGINT, and so would whatever it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_intake_that_is_left_while_the_camera_is_open_leaves_no_byte(
    listed: Site, recogniser: Recogniser, tmp_path: Path, how: signal.Signals
) -> None:
    temporary, camera = tmp_path / "temporary", tmp_path / "photographs"
    temporary.mkdir()
    camera.mkdir()
    # The second photograph never comes: the first is in memory when somebody walks away.
    (camera / "1.jpg").write_bytes((SAMPLES / "obama2.jpg").read_bytes())
    os.mkfifo(camera / "2.jpg")
    facts = (*BEST_INTERESTS, "--age-band", "18+", "--photo", str(camera))
    with listed.open() as unit:
        synchronise(unit)
        secrets, before = secrets_of(recogniser, unit), rows(unit)
        with listed.start("intake", *facts, changes={"TMPDIR": str(temporary)}) as intake:
            intake.wait_for("intake.started")
            pipe = wait_until(lambda: opened_for_reading(camera / "2.jpg"), seconds=60)
            held = list(open_files(intake))
            intake.process.send_signal(how)
            assert intake.process.wait(60) != 0
            os.close(pipe)
        require_clean([*held, *every_file(listed.unit, temporary)], secrets)
        assert rows(unit) == before
    assert list(temporary.iterdir()) == []


def opened_for_reading(pipe: Path) -> int | None:
    """A pipe's other end, once somebody has opened it to read; they then wait for what never comes."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
