"""The conformance suite's client against a repository of our own: every command, and each attack by its name."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from protocol.ids import SliceName, UnitId, parse_hub_id
from protocol.targets import keyring_path, segment_path
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from tests.conformance.client import main
from tests.support.hub_simulator import SimulatedRepository
from tests.support.units_server import UnitsServer

SLICE = SliceName("bd/missing")
FIRST, SECOND = UnitId("bd/unit-1"), UnitId("bd/unit-2")
TARGET, OTHER = keyring_path(FIRST), keyring_path(SECOND)
SEGMENT = segment_path(SLICE, 1)
ENTRY = Path(__file__).with_name("tuf_client")


@dataclass
class Bench:
    """A repository, the server that offers it, and a client's folders."""

    folder: Path
    repository: SimulatedRepository
    server: UnitsServer

    @property
    def metadata(self) -> Path:
        return self.folder / "metadata"

    def publish(self) -> None:
        self.server.files |= self.repository.publish()

    def arguments(self, *names: str) -> list[str]:
        base = f"http://127.0.0.1:{self.server.port}/watchlist"
        options = ["--metadata-dir", str(self.metadata), "--metadata-url", f"{base}/metadata"]
        if not names:
            return [*options, "refresh"]
        options += [part for name in names for part in ("--target-name", name)]
        options += ["--target-base-url", f"{base}/targets", "--target-dir", str(self.folder / "targets")]
        return [*options, "download"]

    def run(self, *names: str) -> int:
        """`refresh`, or `download` of these targets."""
        return main(self.arguments(*names))

    def versions(self) -> dict[str, int]:
        return {path.stem: json.loads(path.read_bytes())["signed"]["version"] for path in self.metadata.glob("*.json")}

    def downloaded(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in (self.folder / "targets").iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A first publication with three targets; the client trusts the root."""
    places = [parse_endpoint("127.0.0.1", port) for port in (1, 2, 3)]
    create_installation(
        tmp_path / "authority", Deployment(parse_hub_id("bd"), (SLICE,), *places), now=datetime.now(UTC)
    )
    repository = SimulatedRepository(tmp_path / "authority")
    repository.keyrings = {FIRST: b"one", SECOND: b"two"}
    repository.segments = {SLICE: {1: b"three"}}
    with UnitsServer(None, 0) as server:
        made = Bench(tmp_path / "client", repository, server)
        made.publish()
        root = tmp_path / "authority" / "hub" / "tuf" / "root.json"
        assert main(["--metadata-dir", str(made.metadata), "init", str(root)]) == 0
        assert server.requests == []
        yield made


@pytest.fixture
def refreshed(bench: Bench) -> Bench:
    """The client has seen two publications."""
    bench.publish()
    assert bench.run() == 0
    return bench


def test_metadata_lies_under_unversioned_names(refreshed: Bench) -> None:
    assert refreshed.versions() == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 2}


def test_targets_are_fetched_in_order_also_through_a_delegation(bench: Bench) -> None:
    assert bench.run(OTHER, SEGMENT, TARGET) == 0
    assert bench.downloaded() == [b"one", b"three", b"two"]
    fetched = [path.rpartition("/")[2].partition(".")[2] for path, _ in bench.server.requests if "/targets/" in path]
    assert fetched == ["unit-2.keyring", "1.segment", "unit-1.keyring"]


def test_target_that_lies_there_is_not_fetched_again(bench: Bench) -> None:
    assert bench.run(TARGET) == 0
    bench.server.requests.clear()
    assert bench.run(TARGET) == 0
    assert [path for path, _ in bench.server.requests if "/targets/" in path] == []


def test_target_that_changed_replaces_the_one_before(bench: Bench) -> None:
    assert bench.run(TARGET) == 0
    bench.repository.keyrings[FIRST] = b"newer"
    bench.publish()
    assert bench.run(TARGET) == 0
    assert bench.downloaded() == [b"newer"]


def test_first_failure_ends_the_command(bench: Bench) -> None:
    assert bench.run(TARGET, "no such target", OTHER) == 1
    assert bench.downloaded() == [b"one"]


def test_rollback(refreshed: Bench) -> None:
    refreshed.repository.versions["timestamp"] = 0
    refreshed.publish()
    assert refreshed.run() == 1
    assert refreshed.versions()["timestamp"] == 2


def test_freeze(refreshed: Bench) -> None:
    refreshed.repository.timestamp_life = timedelta(minutes=-1)
    refreshed.publish()
    assert refreshed.run() == 1
    assert refreshed.versions()["timestamp"] == 2


def test_mix_and_match(refreshed: Bench) -> None:
    old = dict(refreshed.server.files)
    refreshed.publish()
    refreshed.server.files["/watchlist/metadata/3.targets.json"] = old["/watchlist/metadata/2.targets.json"]
    assert refreshed.run() == 1
    assert refreshed.versions()["targets"] == 2


@pytest.mark.parametrize("altered", [b"onE", b"on", b"one more"])
def test_target_with_a_wrong_hash_or_length(bench: Bench, altered: bytes) -> None:
    bench.server.mischief.replaced["unit-1.keyring"] = altered
    assert bench.run(TARGET) == 1
    assert bench.downloaded() == []


@pytest.mark.parametrize("end", ["2.root.json", "timestamp.json", ".snapshot.json", ".targets.json", "unit-1.keyring"])
def test_endless_data(bench: Bench, end: str) -> None:
    bench.server.mischief.endless.add(end)
    assert bench.run(TARGET) == 1
    assert bench.downloaded() == []


def test_target_that_no_role_lists(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(segment_path(SLICE, 2)) == 1
    assert "lists no target" in capsys.readouterr().err


def test_damaged_root_ends_in_a_sentence(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    (bench.metadata / "root.json").write_bytes(b"{}")
    assert bench.run() == 1
    assert "refused" in capsys.readouterr().err
    assert bench.server.requests == []


@pytest.mark.parametrize("arguments", [[], ["refresh"], ["--metadata-dir", "x", "download"], ["--what"]])
def test_wrong_command_line_ends_with_one_and_not_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1


def test_executable_runs_from_anywhere(bench: Bench, tmp_path: Path) -> None:
    done = subprocess.run(
        [ENTRY, *bench.arguments(TARGET)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert bench.downloaded() == [b"one"]
