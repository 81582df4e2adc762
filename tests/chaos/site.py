"""What a campaign disturbs: a hub, its broker and its units, each with its own link, clock and disk."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from protocol.ids import UnitId, local_part
from tests.chaos.clock import Clock
from tests.chaos.disk import SmallDisk
from tests.chaos.gate import Call
from tests.chaos.link import Link, NetworkThread
from tests.chaos.programs import ChaosError, Program, Surroundings
from tests.support.broker import Broker, free_port
from tests.support.hub_site import OTHER_UNIT, SAMPLES, UNIT, HubSite
from tests.support.postgres import Postgres

StopAt = Callable[[Call], bool] | None

# Shorter than in the field, so that a cycle takes seconds: what is repeated is the same.
_UNIT_SETTINGS = {
    "MCA_EDGE_RESEND_AFTER_SECONDS": "1",
    "MCA_EDGE_SYNC_EVERY_SECONDS": "5",
    "MCA_EDGE_HEARTBEAT_SECONDS": "5",
    "MCA_EDGE_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate, its key, and the authority that signed it."""

    folder: Path
    name: str

    @property
    def authority(self) -> Path:
        """Of the whole installation."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """The part's own."""
        return self.folder / f"{self.name}.crt"

    @property
    def key(self) -> Path:
        """To the certificate."""
        return self.folder / f"{self.name}.key"


@dataclass(slots=True)
class Part:
    """A hub or a unit: its folder, its links, and the one program that runs all the time."""

    name: str
    folder: Path
    service: list[str]
    ready: str
    around: Surroundings
    links: list[Link]
    disk: SmallDisk | None
    database_url: str | None = None  # of a hub on PostgreSQL
    program: Program | None = None
    ended: Counter[str] = field(default_factory=Counter)
    stopped: int = 0

    @property
    def data(self) -> Path:
        """The folder of its database."""
        return self.folder / "data"

    def start(self) -> None:
        """Start the program, and return when it is ready. Raises ChaosError when it does not get so."""
        self.begin().wait_for(self.ready)

    def begin(self, stop_at: StopAt = None) -> Program:
        """Start the program, which may refuse to run; with `stop_at` it is killed before such a step."""
        self.program = Program(self.name, self.service, self.around)
        return self.program.start(stop_at)

    def kill(self) -> None:
        """As a power cut would."""
        if self.program is not None:
            self.program.kill()
            self.stopped += self.program.was_stopped
            self.program = None

    def stop(self) -> None:
        """In order."""
        if self.program is not None:
            self.program.stop()
            self.program = None

    def run(self, *arguments: str, stop_at: StopAt = None) -> Program:
        """A command beside it, started."""
        return Program(f"{self.name}-{arguments[0]}", [self.service[0], *arguments], self.around).start(stop_at)

    def revive(self) -> None:
        """As the machine's service manager does: start what has ended."""
        if self.program is not None and not self.program.is_running:
            code = self.program.wait()
            self.ended[f"{self.name} ended with {code}"] += 1
            self.program = None
        if self.program is None:
            self.start()


class Site:
    """One installation. Nothing in it is disturbed at first."""

    def __init__(
        self, folder: Path, network: NetworkThread, *, clocks: bool, disks: bool, postgres: Postgres | None
    ) -> None:
        """Provision it. The hub keeps its data in `postgres`, or else in SQLite."""
        self.postgres = postgres
        self._url = None if postgres is None else postgres.create_database()
        self._installation = HubSite(folder, units=(UNIT, OTHER_UNIT), database_url=self._url)
        self.folder = self._installation.folder
        self.network = network
        self.logs = folder / "logs"
        self.logs.mkdir()
        self._clocks, self._disks = clocks, disks
        self.broker = Broker(self.folder)
        self.hub = self._hub()
        self.units = [self._unit(unit) for unit in (UNIT, OTHER_UNIT)]

    def begin(self) -> None:
        """Let everything run, with one person on the list. Raises ChaosError when a part does not."""
        self.broker.start()
        self.hub.start()
        first = self.start_case("GD 1/2026", "obama.jpg", ("male", "1961-08"))
        if first.wait() != 0:
            raise ChaosError(f"The first case was refused: {first.last_words()}")
        for unit in self.units:
            unit.start()

    @property
    def parts(self) -> list[Part]:
        """The hub and its units."""
        return [self.hub, *self.units]

    @property
    def ended(self) -> Counter[str]:
        """How often a program has ended by itself, by name and exit code."""
        return sum((part.ended for part in self.parts), Counter())

    @property
    def stopped(self) -> int:
        """How often a program was killed before the step that it was not to make."""
        return sum(part.stopped for part in self.parts)

    @property
    def links(self) -> list[Link]:
        """Every one."""
        return [link for part in self.parts for link in part.links]

    def credentials(self, part: str) -> "Credentials":
        """With which a part shows who it is; a unit may have put its own away since."""
        return (
            Credentials(self.folder / "hub" / "tls", "hub") if part == "hub" else Credentials(self._spare(part), "unit")
        )

    def start_case(self, reference: str, photo: str, facts: tuple[str, str], stop_at: StopAt = None) -> Program:
        """Begin to register a missing person by the command; `facts` are the sex and the month of birth."""
        sex, born = facts
        described = ["--sex", sex, "--born-from", born, "--born-to", born, "--reference", reference]
        return self.hub.run("case", "add", "--photo", str(SAMPLES / photo), *described, stop_at=stop_at)

    def leave_alone(self) -> None:
        """End every fault, and let every part run."""
        for part in self.parts:
            for link in part.links:
                link.heal()
            if part.around.clock is not None:
                part.around.clock.turn(0)
        self.revive()

    def revive(self) -> None:
        """Start what has ended, as often as it takes: a hub may only now have found that its clock was impossible."""
        if self.postgres is not None and not self.postgres.is_running:
            self.postgres.start()
        if not self.broker.is_running:
            self.broker.start()
        for part in self.parts:
            part.revive()

    def wipe_broker(self) -> None:
        """Kill the broker, and let it begin anew without anything that it was given to keep."""
        self.broker.kill()
        shutil.rmtree(self.folder / "broker" / "data")
        (self.folder / "broker" / "data").mkdir(mode=0o700)

    def close(self) -> None:
        """End everything. What is on the disks stays in their images."""
        for part in self.parts:
            part.kill()
        self.broker.kill()
        for link in self.links:
            link.close()
        for part in self.parts:
            if part.disk is not None:
                part.disk.close()

    def _hub(self) -> Part:
        link = Link(self.network, port := free_port(), self.broker.port)
        settings = {"MCA_HUB_BROKER": "external", "MCA_HUB_BROKER_PORT": str(port)}
        around = self._surroundings("hub", settings)
        folder = self.folder / "hub"
        disk = self._disk("hub", folder, 1024) if self.postgres is None else None
        return Part("hub", folder, ["hub", "serve"], "hub.ready", around, [link], disk, self._url)

    def _unit(self, unit: UnitId) -> Part:
        name, folder = local_part(unit), self._installation.unit_folder(unit)
        shutil.copytree(folder / "tls", self._spare(name))
        link = Link(self.network, port := free_port(), self.broker.port)
        downloads = Link(self.network, download_port := free_port(), self._installation.settings.units_port)
        settings = {
            "MCA_EDGE_CONFIG": str(folder / "edge.toml"),
            "MCA_EDGE_BROKER_PORT": str(port),
            "MCA_EDGE_WATCHLIST_URL": f"https://127.0.0.1:{download_port}/watchlist",
        }
        around = self._surroundings(name, settings | _UNIT_SETTINGS)
        links = [link, downloads]
        return Part(name, folder, ["edge", "run"], "edge.ready", around, links, self._disk(name, folder, 64))

    def _surroundings(self, name: str, settings: dict[str, str]) -> Surroundings:
        clock = Clock(self.logs.parent / f"{name}.clock") if self._clocks else None
        return Surroundings(self._installation.environment(**settings), self.logs, clock)

    def _disk(self, name: str, folder: Path, megabytes: int) -> SmallDisk | None:
        if not self._disks:
            return None
        data = folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        return SmallDisk(data, self.logs.parent / f"{name}.disk", megabytes)

    def _spare(self, name: str) -> Path:
        return self.logs.parent / f"{name}-tls"
