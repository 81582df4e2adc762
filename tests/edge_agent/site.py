"""A provisioned unit beside a simulated hub, and its commands as real processes."""

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

from edge_agent.bootstrap import Unit, build_pipeline, build_synchroniser, open_unit
from edge_agent.camera.files import FileCamera
from edge_agent.config import load_settings
from edge_agent.pipeline import Received
from edge_agent.sightings.request import BasisFacts, record_request
from edge_agent.status import Status, read_status
from edge_agent.watchlist.sync import Synced
from models.recogniser import Recogniser
from protocol.ids import SiteId, SliceName, UnitId, parse_hub_id
from protocol.person import AgeBand, Sex
from protocol.sighting import LegalBasis
from provisioning.deployment import Deployment
from provisioning.endpoints import parse_endpoint
from provisioning.installation import create_installation
from provisioning.units import add_unit
from tests.edge_agent.lists import SAMPLES, sample_entries
from tests.support.broker import free_ports
from tests.support.hub_simulator import PATIENCE, HubSimulator, wait_until

UNIT = UnitId("bd/benapole-1")
SITE = SiteId("bd/benapole")
MISSING = SliceName("bd/missing")
DECIDED = BasisFacts(official="A. Rahman", reason="unaccompanied")
BEST_INTERESTS = ("--legal-basis", "best-interests", "--official", "A. Rahman", "--reason", "unaccompanied")


@dataclass
class Site:
    """What a test of the unit has around it."""

    folder: Path  # as `mca provision` made it
    hub: HubSimulator
    broker_port: int

    @property
    def unit(self) -> Path:
        """The folder that is copied to the device."""
        return self.folder / "units" / "benapole-1"

    @property
    def data(self) -> Path:
        return self.unit / "data"

    def command(self, *arguments: str) -> list[str]:
        """`mca edge …` as a command line."""
        return [sys.executable, "-W", "error", "-m", "mca", "edge", *arguments]

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MCA_")}
        return inherited | {"MCA_EDGE_CONFIG": str(self.unit / "edge.toml"), "MCA_LOG_LEVEL": "info", **changes}

    def run(
        self, *arguments: str, largest_file: int | None = None, changes: Mapping[str, str] = MappingProxyType({})
    ) -> "subprocess.CompletedProcess[str]":
        """`mca edge …` to its end. `largest_file`: bytes to which the kernel lets it write any file."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(changes),
            capture_output=True,
            text=True,
            timeout=120 * PATIENCE,
            check=False,
            preexec_fn=None if largest_file is None else partial(limit_files, largest_file),
        )

    def intake(
        self, photo: Path | str, *more: str, changes: Mapping[str, str] = MappingProxyType({})
    ) -> "subprocess.CompletedProcess[str]":
        facts = [*BEST_INTERESTS, "--age-band", "18+", "--sex", "male"]
        return self.run("intake", "--photo", str(photo), *facts, *more, changes=changes)

    @contextmanager
    def open(self) -> Iterator[Unit]:
        """The unit in this process, beside whatever else runs on it."""
        with open_unit(load_settings(self.unit / "edge.toml")) as unit:
            yield unit

    def status(self) -> Status:
        with self.open() as unit:
            return read_status(unit)

    def start(self, *arguments: str, changes: Mapping[str, str] = MappingProxyType({})) -> "EdgeProcess":
        """`mca edge …` in the background; use it in a `with` statement."""
        return EdgeProcess(
            subprocess.Popen(
                self.command(*arguments),
                env=self.environment(changes),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )


@contextmanager
def provisioned_site(folder: Path) -> Iterator[Site]:
    """A provisioned unit and the hub's HTTPS server; nothing is published yet."""
    authority, ports, now = folder / "authority", free_ports(), datetime.now(UTC)
    broker, console, units = (parse_endpoint("127.0.0.1", port) for port in ports)
    create_installation(authority, Deployment(parse_hub_id("bd"), (MISSING,), broker, console, units), now=now)
    add_unit(authority, UNIT, site=SITE, slices=(), now=now)
    with HubSimulator(authority, units_port=ports[2]) as hub:
        yield Site(authority, hub, ports[0])


def publish_adults(site: Site, recogniser: Recogniser) -> None:
    """Two adults' cases, and a keyring for the unit; not synchronised yet."""
    site.hub.repository.give_keyring(UNIT, [MISSING])
    site.hub.repository.snapshot(MISSING, sample_entries(recogniser))
    site.hub.publish()


def limit_files(size: int, process: int = 0) -> None:
    """From now on, let a process (0: this one) write no file beyond `size` bytes: a disk that is full."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


def synchronise(unit: Unit) -> Synced:
    """One synchronisation in this process."""
    return build_synchroniser(unit, stopping=lambda: False).sync()


def take(unit: Unit, recogniser: Recogniser, photo: str, sex: Sex = Sex.MALE) -> Received:
    """One intake of a sample photograph in this process, with the session's recogniser."""
    pipeline = build_pipeline(unit, recogniser)
    request = record_request(
        legal_basis=LegalBasis.BEST_INTERESTS,
        basis_reference="F-12",
        facts=DECIDED,
        age_band=AgeBand.ADULT,
        sex=sex,
    )
    return pipeline.take(request, lambda: nullcontext(FileCamera(SAMPLES / photo, unit.clock.now)))


class EdgeProcess:
    """A running command, whose log can be waited for."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, args=(process.stderr,))
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60 * PATIENCE)
        self._reader.join()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in list(self.log) if event["event"] == name]

    def wait_for(self, name: str, *, times: int = 1) -> list[dict[str, Any]]:
        """Until the event was logged so often. Fails with the log when the process ends before."""

        def seen() -> list[dict[str, Any]] | None:
            found = self.events(name)
            assert found or self.process.poll() is None or self._reader.is_alive(), f"ended before {name}: {self.log}"
            return found if len(found) >= times else None

        return wait_until(seen, seconds=60)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(60 * PATIENCE)

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.log.append({"event": "not-json", "line": line})
