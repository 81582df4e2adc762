"""A unit's disk after it has really run: every byte of every file, also of those that are open and have no name."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_agent.bootstrap import Unit
from models.images import RgbImage, decode_image, encode_jpeg, encode_png
from models.recogniser import Recogniser
from protocol.person import Sex
from tests.edge_agent.intakes.desk import take as take_and_keep
from tests.edge_agent.lists import COLLINS, OBAMA, SAMPLES, vector_of
from tests.edge_agent.site import EdgeProcess, Site, synchronise, take
from tests.support.hub_simulator import HubPeer, wait_until

PHOTOS = ("obama.jpg", "obama2.jpg", "biden.jpg", "collins.png")


def every_file(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


def open_files(process: EdgeProcess) -> Iterator[tuple[Path, bytes]]:
    """What the process has open, also where its name is gone already."""
    folder = Path("/proc") / str(process.process.pid) / "fd"
    for path in list(folder.iterdir()):
        if path.is_file():
            yield path.readlink(), path.read_bytes()


def template_traces(vector: bytes) -> dict[str, bytes]:
    """Parts of a template in each way that a program might write numbers."""
    values = np.frombuffer(vector, "<f4")
    chunks = {f"{kind} at {start}": values[start : start + 6] for start in (0, 40, 180) for kind in ("f4", "f2", "f8")}
    return {where: chunk.astype(f"<{where[:2]}").tobytes() for where, chunk in chunks.items()}


def picture_traces(photo: bytes, crop: RgbImage) -> dict[str, bytes]:
    """Parts of a photograph and of its face, as files and as pixels."""
    return {
        "a row of pixels": crop[50, 30:60].tobytes(),
        "a row of pixels, blue first": crop[50, 30:60, ::-1].tobytes(),
        "the crop as PNG": encode_png(crop)[60:92],
        "the photograph": photo[5000:5032],
        "the photograph's end": photo[-40:-8],
    }


def secrets_of(recogniser: Recogniser, unit: Unit) -> dict[str, bytes]:
    """What must be nowhere, each cut short so that a part of it is found too."""
    traces = {
        "a PNG": b"\x89PNG\r\n",
        "a JPEG": encode_jpeg(np.zeros((8, 8, 3), np.uint8), 90)[:10],
        "a JPEG's end and tables": b"\xff\xdb\x00\x43\x00",
        "the score": np.float64(0.8292978405952454).tobytes()[2:],
        "the legal basis": b"best-interests",
        "its reference": b"secret form 7",
        "a signing key": unit.identity.signing_key.secret_bytes()[:16],
        "a signing key in hexadecimal": unit.identity.signing_key.secret_bytes()[:16].hex().encode(),
        "an opening key": unit.identity.opening_key.secret_bytes()[20:52],
        "an opening key in hexadecimal": unit.identity.opening_key.secret_bytes()[20:52].hex().encode(),
        "a private key as PEM": b"PRIVATE KEY",
        "the TLS key": unit.keys.tls.splitlines()[1][:32],
    }
    for case in (OBAMA, COLLINS):
        traces |= {f"the case {case}": case.encode(), f"{case} without its hub": case.partition("/")[2].encode()}
    for name in PHOTOS:
        photo = (SAMPLES / name).read_bytes()
        image = decode_image(photo)
        found = template_traces(vector_of(recogniser, name))
        found |= picture_traces(photo, recogniser.align(image, recogniser.detect(image)[0]))
        traces |= {f"{what} of {name}": trace for what, trace in found.items()}
    return traces


def require_clean(files: list[tuple[Path, bytes]], secrets: dict[str, bytes]) -> None:
    for what, needle in secrets.items():
        assert len(needle) >= 5
        assert [path for path, data in files if needle in data] == [], f"{what} is on the disk"


def test_nothing_of_a_person_or_a_key_can_be_read_from_the_disk_of_a_unit_that_has_run(
    listed: Site, peer: HubPeer, recogniser: Recogniser, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    changes = {"TMPDIR": str(temporary), "MCA_EDGE_KEEP_TEMPLATE_DAYS": '{"best-interests": 90}'}
    basis = ("--basis-reference", "secret form 7", "--keep-template")
    # Open here for all the while, so that no process is the last one and tidies the journal away.
    with listed.open() as unit:
        secrets = secrets_of(recogniser, unit)
        assert listed.intake(SAMPLES / "obama2.jpg", *basis, changes=changes).returncode == 0
        assert unit.intakes.counts().waiting == 1
        waiting = list(every_file(listed.unit, temporary))
        require_clean(waiting, secrets)
        peer.answering = False
        with listed.start("run", changes=changes) as agent:
            agent.wait_for("watchlist.synced")
            (heard,) = wait_until(lambda: list(peer.sightings))
            assert heard.sighting.candidates[0].case == OBAMA
            assert listed.intake(SAMPLES / "biden.jpg", *basis, changes=changes).returncode == 0
            peer.send_notice(heard)
            wait_until(lambda: unit.intakes.counts().kept == 2 and _notices(unit) == 1)
            files = [*every_file(listed.unit, temporary), *open_files(agent)]
            logged = [(Path("the agent's log"), "".join(map(str, agent.log)).encode())]
        names = {path.name for path, _ in files}
        assert {"unit.sqlite", "unit.sqlite-wal", "installed.json", "keys", "store.key"} <= names
        assert sum(len(data) for _, data in files) > 300_000
        require_clean([*files, *logged], secrets)
        vault_key = bytes.fromhex((listed.unit / "vault" / "store.key").read_text())
        holders = [path.name for path, data in files if vault_key in data or vault_key.hex().encode() in data]
        assert set(holders) == {"store.key"}, "the key of a store for development lies in its one file"


def _notices(unit: Unit) -> int:
    with unit.database.reading() as tables:
        return int(tables.table("notices").count)


@pytest.mark.parametrize("kept", [False, True], ids=["after-a-clean-end", "with-its-journal"])
@pytest.mark.parametrize("permitted", [False, True], ids=["nothing-kept", "template-kept"])
def test_disk_after_an_intake_looks_the_same_with_and_without_a_candidate(
    listed: Site, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch, *, kept: bool, permitted: bool
) -> None:
    monkeypatch.setenv("MCA_EDGE_KEEP_TEMPLATE_DAYS", '{"best-interests": 90}')
    with listed.open() as unit:
        synchronise(unit)
    empty = dict(every_file(listed.data))
    shapes = []
    for photo in ("obama2.jpg", "biden.jpg"):
        for path in [path for path, _ in every_file(listed.data)]:
            path.unlink()
        for path, data in empty.items():
            path.write_bytes(data)
        with listed.open() as unit:
            take_and_keep(unit, recogniser, photo, keep=permitted)
            shape = {path: len(data) for path, data in every_file(listed.data)} if kept else None
            with unit.database.reading() as tables:
                rows = {name: tables.table(name).count for name in tables.table_names()}
        assert rows["kept"] == permitted
        shapes.append((shape or {path: len(data) for path, data in every_file(listed.data)}, rows))
    assert shapes[0] == shapes[1]


def test_erased_intake_leaves_no_ciphertext_in_the_database(listed: Site, recogniser: Recogniser) -> None:
    with listed.open() as unit:
        take(unit, recogniser, "obama2.jpg", Sex.MALE)
        with unit.database.reading() as tables:
            (sealed,) = tables.execute("SELECT sealed FROM waiting").fetchone()
        with unit.database.transaction() as tables:
            unit.intakes.remove(tables, "waiting", 1)
    data = (listed.data / "unit.sqlite").read_bytes()
    assert not any(bytes(sealed)[start : start + 32] in data for start in range(0, len(sealed) - 32, 1000))
