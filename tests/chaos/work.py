"""What people do meanwhile: intakes at the units, and cases that are added at the hub. And what came of each."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from random import Random
from signal import SIGKILL

from tests.chaos.programs import Program
from tests.chaos.site import Part, Site, StopAt
from tests.edge_agent.site import BEST_INTERESTS
from tests.support.hub_site import SAMPLES

LISTED = ("obama2.jpg", "obama3.jpg")
"""Photographs of the person whom every list of a campaign has had from its first version on."""

UNLISTED = ("biden.jpg",)
_ADDED, _FACTS = "collins.png", ("female", "1956-11")
_INTAKE = (*BEST_INTERESTS, "--age-band", "18+", "--json")


class Outcome(StrEnum):
    """How a command ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command that should have left something, and what it said: an intake's reference or a case's name."""

    part: str
    photo: str
    outcome: Outcome
    said: str


@dataclass(frozen=True, slots=True)
class Tasks:
    """What is to be done in one cycle: photographs by unit, and perhaps a new case with a reference."""

    photos: dict[str, list[str]]
    reference: str
    adds_case: bool


def draw_tasks(draw: Random, units: list[str], cycle: int) -> Tasks:
    """One to three intakes, and now and then a new case."""
    photos: dict[str, list[str]] = {unit: [] for unit in units}
    for _ in range(draw.choice((1, 2, 2, 3))):
        photos[draw.choice(units)].append(draw.choice((*LISTED, *UNLISTED)))
    return Tasks(photos, f"GD {cycle + 2}/2026", adds_case=draw.random() < 0.25)


@dataclass(slots=True)
class Work:
    """The tasks of a cycle, done beside the fault. Each unit's staff and the hub's operator are a thread."""

    site: Site
    tasks: Tasks
    stop_intake_at: Callable[[Part], StopAt] = lambda _: None
    stop_case_at: StopAt = None
    attempts: list[Attempt] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _running: dict[str, Program] = field(default_factory=dict)
    _abandoned: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def with_case(self) -> None:
        """Have a case added in this cycle in any event."""
        self.tasks = replace(self.tasks, adds_case=True)

    def start(self) -> None:
        """Begin, in the background."""
        for unit in self.site.units:
            self._begin(self._take_intakes, unit)
        self._begin(self._add_case, self.site.hub)

    def finish(self) -> list[Attempt]:
        """What came of all of it, once it is done."""
        for thread in self._threads:
            thread.join()
        return self.attempts

    def abandon(self, part: Part) -> None:
        """Kill the command that runs at a part, and begin no other."""
        with self._lock:
            self._abandoned.add(part.name)
            running = self._running.get(part.name)
        if running is not None:
            running.kill()

    def _begin(self, work: Callable[[Part], None], part: Part) -> None:
        thread = threading.Thread(target=work, args=(part,), name="work")
        thread.start()
        self._threads.append(thread)

    def _take_intakes(self, unit: Part) -> None:
        for photo in self.tasks.photos[unit.name]:
            arguments = ("intake", "--photo", str(SAMPLES / photo), *_INTAKE)
            self._attempt(unit, photo, partial(unit.run, *arguments, stop_at=self.stop_intake_at(unit)))

    def _add_case(self, hub: Part) -> None:
        if self.tasks.adds_case:
            register = partial(self.site.start_case, self.tasks.reference, _ADDED, _FACTS, stop_at=self.stop_case_at)
            self._attempt(hub, _ADDED, register)

    def _attempt(self, part: Part, photo: str, start: Callable[[], Program]) -> None:
        with self._lock:
            if part.name in self._abandoned:
                return
            command = self._running[part.name] = start()
        code = command.wait()
        self.attempts.append(_attempt(part, photo, command, code))


def _attempt(part: Part, photo: str, command: Program, code: int) -> Attempt:
    if code == -SIGKILL:
        return Attempt(part.name, photo, Outcome.KILLED, "")
    if code != 0:
        return Attempt(part.name, photo, Outcome.REFUSED, command.last_words())
    said = command.output().strip()
    return Attempt(part.name, photo, Outcome.ACCEPTED, json.loads(said)["reference"] if said.startswith("{") else said)
