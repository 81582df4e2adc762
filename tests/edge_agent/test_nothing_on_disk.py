"""A unit's disk after an intake that recognised someone: every byte of every file is looked at."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.images import decode_image, encode_jpeg, encode_png
from models.recogniser import Recogniser
from protocol.person import Sex
from tests.edge_agent.lists import OBAMA, SAMPLES, vector_of
from tests.edge_agent.site import Site, synchronise, take
from tests.support.hub_simulator import HubPeer, wait_until


def every_file(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


def secrets_of(recogniser: Recogniser) -> dict[str, bytes]:
    """What must be nowhere, each cut short so that a part of it is found too."""
    image = decode_image((SAMPLES / "obama2.jpg").read_bytes())
    crop = recogniser.align(image, recogniser.detect(image)[0])
    return {
        "the listed template": vector_of(recogniser, "obama.jpg")[40:72],
        "the intake's template": vector_of(recogniser, "obama2.jpg")[40:72],
        "the crop's pixels": crop[50, 30:60].tobytes(),
        "the crop as PNG": encode_png(crop)[60:92],
        "a PNG": b"\x89PNG\r\n",
        "a JPEG": encode_jpeg(crop, 90)[:10],
        "the photograph": (SAMPLES / "obama2.jpg").read_bytes()[5000:5032],
        "the case": OBAMA.encode(),
        "the case without its hub": OBAMA.partition("/")[2].encode(),
        "the score": np.float64(0.8292978405952454).tobytes()[2:],
        "the legal basis": b"best-interests",
    }


def test_nothing_of_a_candidate_can_be_read_from_the_disk(
    listed: Site, peer: HubPeer, recogniser: Recogniser, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # Open here for all the while, so that no process is the last one and tidies the journal away.
    with listed.open() as unit:
        synchronise(unit)
        assert listed.intake(SAMPLES / "obama2.jpg", changes={"TMPDIR": str(temporary)}).returncode == 0
        peer.answering = False
        with listed.start("run", changes={"TMPDIR": str(temporary)}) as agent:
            agent.wait_for("watchlist.synced")
            (heard,) = wait_until(lambda: list(peer.sightings))
            assert heard.sighting.candidates[0].case == OBAMA
            agent.process.kill()
            files = list(every_file(listed.data, temporary))
        names = {path.name for path, _ in files}
        assert {"unit.sqlite", "unit.sqlite-wal", "installed.json"} <= names
        assert sum(len(data) for _, data in files) > 100_000
        for what, needle in secrets_of(recogniser).items():
            assert [path for path, data in files if needle in data] == [], f"{what} is on the disk"


@pytest.mark.parametrize("kept", [False, True], ids=["after-a-clean-end", "with-its-journal"])
def test_disk_after_an_intake_looks_the_same_with_and_without_a_candidate(
    listed: Site, recogniser: Recogniser, *, kept: bool
) -> None:
    with listed.open() as unit:
        synchronise(unit)
    empty = dict(every_file(listed.data))
    shapes = []
    for sex in (Sex.MALE, Sex.FEMALE):
        for path in [path for path, _ in every_file(listed.data)]:
            path.unlink()
        for path, data in empty.items():
            path.write_bytes(data)
        with listed.open() as unit:
            take(unit, recogniser, "obama2.jpg", sex)
            shape = {path: len(data) for path, data in every_file(listed.data)} if kept else None
            with unit.database.reading() as tables:
                rows = {name: tables.table(name).count for name in tables.table_names()}
        shapes.append((shape or {path: len(data) for path, data in every_file(listed.data)}, rows))
    assert shapes[0] == shapes[1]
