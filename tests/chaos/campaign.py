"""A campaign: cycles of work under a fault, each followed by quiet and a check of everything there ever was."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import disk, gate
from tests.chaos.checks import list_problems, problems
from tests.chaos.faults import KINDS, Fault, Need
from tests.chaos.link import NetworkThread
from tests.chaos.looks import damage, look_at_hub, look_at_list, look_at_unit
from tests.chaos.programs import ChaosError, program_server, wait_until
from tests.chaos.schedule import draw_of, fault_of
from tests.chaos.site import Site
from tests.chaos.work import Attempt, Outcome, Work, draw_tasks
from tests.support.postgres import Postgres

_one_at_a_time = threading.Lock()
"""Alembic, which migrates a new server's template, is for one thread at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for: `lanes` installations work at once. Without `kinds`, every kind that is possible."""

    seed: int
    first: int
    cycles: int
    lanes: int
    folder: Path
    kinds: tuple[str, ...]
    postgresql: bool = False  # or else the hubs are on SQLite


@dataclass
class Report:
    """What happened.

    `stopped`: cycles whose program was killed before the very step that was drawn, and not at a moment after it.
    `ended`: programs that ended by themselves, by name and exit code; they were started again.
    """

    seed: int
    first: int
    cycles: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    postgresql: bool = False

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(vars(self), indent=2, sort_keys=True) + "\n"


def kinds_left_out(*, clocks: bool, postgresql: bool) -> dict[str, str]:
    """The kinds of fault that this machine, or this campaign, cannot have, and what they need."""
    there = {
        None: True,
        Need.GATE: gate.is_available(),
        Need.CLOCK: clocks,
        Need.DISK: disk.can_mount(),
        Need.HUB_DISK: disk.can_mount() and not postgresql,
        Need.POSTGRESQL: postgresql,
    }
    return {name: str(fault.need) for name, fault in KINDS.items() if not there[fault.need]}


@contextmanager
def open_site(folder: Path, *, clocks: bool, disks: bool, postgresql: bool = False) -> Iterator[Site]:
    """An installation of its own that runs."""
    folder.mkdir()
    with ExitStack() as stack:
        with _one_at_a_time:
            postgres = stack.enter_context(Postgres(careful=True)) if postgresql else None
        stack.callback((network := NetworkThread()).close)
        site = Site(folder, network, clocks=clocks, disks=disks, postgres=postgres)
        stack.callback(site.close)
        site.begin()
        yield site


def require_order(site: Site, attempts: list[Attempt]) -> None:
    """Wait until nothing is lost, doubled or unequal. Raises ChaosError with what is."""
    found: list[str] = []

    def nothing_found() -> bool:
        site.revive()
        hub, units = look_at_hub(site.hub), [look_at_unit(unit) for unit in site.units]
        found[:] = problems(hub, units, attempts)
        if not found:  # Opening a list takes longer than all else, and is in vain while messages are under way.
            found[:] = [one for unit in site.units for one in list_problems(hub, unit.name, look_at_list(unit))]
        return not found

    with suppress(ChaosError):
        wait_until("everything to be in order", nothing_found)
    if found:
        raise ChaosError("\n  ".join(found))


def _require_whole(site: Site) -> None:
    """The databases' files and the audit trail, after all that befell them. Raises ChaosError."""
    verified = site.hub.run("audit", "verify")
    found = [verified.last_words()] if verified.wait() != 0 else []
    found += damage(site.parts)
    if found:
        raise ChaosError("\n  ".join(found))


class Campaign:
    """One run of a plan. It ends at the first failure, or when it is interrupted."""

    def __init__(self, plan: Plan, tell: Callable[[str], None]) -> None:
        """`tell` is given a line for each cycle."""
        self._plan = plan
        self._tell = tell
        self._lock = threading.Lock()
        self._kinds: list[str] = []
        self.report = Report(plan.seed, plan.first, postgresql=plan.postgresql)

    def run(self) -> Report:
        """All of it."""
        plan, started = self._plan, time.monotonic()
        with program_server(plan.folder) as clocks:
            self.report.left_out = kinds_left_out(clocks=clocks, postgresql=plan.postgresql)
            self._kinds = [name for name in plan.kinds or KINDS if name not in self.report.left_out]
            lanes = [
                threading.Thread(target=self._run_lane, args=(number, clocks), name=f"lane {number}")
                for number in range(min(plan.lanes, plan.cycles))
            ]
            for lane in lanes:
                lane.start()
            try:
                for lane in lanes:
                    lane.join()
            except KeyboardInterrupt:
                self.report.failures.append("It was interrupted.")
                for lane in lanes:
                    lane.join()
        self.report.seconds = round(time.monotonic() - started, 1)
        return self.report

    def _run_lane(self, number: int, clocks: bool) -> None:
        plan, cycle, name = self._plan, -1, "the start"
        attempts: list[Attempt] = []
        try:
            folder, disks = plan.folder / f"lane-{number}", disk.can_mount()
            with open_site(folder, clocks=clocks, disks=disks, postgresql=plan.postgresql) as site:
                require_order(site, attempts)
                for cycle in range(plan.first + number, plan.first + plan.cycles, plan.lanes):
                    if self.report.failures:
                        break
                    name = fault_of(plan.seed, cycle, self._kinds)
                    self._run_cycle(site, KINDS[name], cycle, attempts)
                name = "the end"
                _require_whole(site)
                with self._lock:
                    self.report.ended.update(site.ended)
        except Exception as error:  # noqa: BLE001  The outermost frame of a lane: whatever it is, the cycle has failed.
            self.report.failures.append(f"cycle {cycle}, {name}, lane {number}: {type(error).__name__}: {error}")

    def _run_cycle(self, site: Site, fault: Fault, cycle: int, attempts: list[Attempt]) -> None:
        began, draw = time.monotonic(), draw_of(self._plan.seed, cycle)
        work = Work(site, draw_tasks(draw, [unit.name for unit in site.units], cycle))
        stopped_before = site.stopped
        try:
            fault.apply(site, work, draw)
        finally:
            made = work.finish()
            attempts += made
        site.leave_alone()
        require_order(site, attempts)
        with self._lock:
            killed = any(attempt.outcome is Outcome.KILLED for attempt in made)
            self.report.cycles += 1
            self.report.faults[fault.name] += 1
            self.report.stopped[fault.name] += fault.need is Need.GATE and (killed or site.stopped > stopped_before)
            self.report.attempts.update(str(attempt.outcome) for attempt in made)
            self._tell(f"cycle {cycle:5}  {time.monotonic() - began:5.1f} s  {fault.name}")
