"""Kills before a certain step of a program: a write, a sync, a rename or a word to another."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.chaos.faults.kind import Apply, a_unit
from tests.chaos.gate import Call
from tests.chaos.looks import sightings_at
from tests.chaos.site import Part, Site
from tests.chaos.work import Work

_AT_MOST_SECONDS = 4.0  # Not every number that is drawn is reached: some programs have done all that there is to do.


class NthStep:
    """True from the n-th call on, counted from 0, for which `counts` is true."""

    def __init__(self, number: int, counts: Callable[[Call], bool]) -> None:
        self._left = number
        self._counts = counts

    def __call__(self, call: Call) -> bool:
        self._left -= self._counts(call)
        return self._left < 0


def _speaks_or_writes(folder: Path) -> Callable[[Call], bool]:
    places = (str(folder), "socket:")
    return lambda call: call.path.startswith(places)


def _edge(site: Site, work: Work, draw: Random) -> None:
    unit = a_unit(site, draw)
    unit.stop()
    work.start()
    unit.begin(NthStep(draw.randrange(190), _speaks_or_writes(unit.data)))
    work.finish()
    _kill_at_the_latest(unit)


def _edge_forgetting(site: Site, work: Work, draw: Random) -> None:
    unit = draw.choice([unit for unit in site.units if work.tasks.photos[unit.name]])
    unit.stop()
    work.start()
    work.finish()

    def commits_after_sending(call: Call) -> bool:
        sent = unit.program is not None and "sighting.sent" in unit.program.events()
        return sent and call.name == "fdatasync" and call.path.endswith("-wal")

    unit.begin(commits_after_sending)
    _kill_at_the_latest(unit)


def _edge_replacing(site: Site, work: Work, draw: Random) -> None:
    unit = a_unit(site, draw)
    unit.stop()
    work.with_case()
    work.start()
    work.finish()
    folder = str(unit.data / "watchlist")

    def replaces(call: Call) -> bool:
        return call.name.startswith(("rename", "unlink")) and call.path.startswith(folder)

    unit.begin(NthStep(draw.randrange(24), replaces))
    _kill_at_the_latest(unit)


def _intake(site: Site, work: Work, draw: Random) -> None:
    numbers = {unit.name: draw.randrange(65) for unit in site.units}
    work.stop_intake_at = lambda unit: NthStep(numbers[unit.name], _speaks_or_writes(unit.data))
    work.start()


def _hub(site: Site, work: Work, draw: Random) -> None:
    site.hub.stop()
    work.start()
    site.hub.begin(NthStep(draw.randrange(200), _speaks_or_writes(site.hub.data)))
    work.finish()
    _kill_at_the_latest(site.hub)


def _hub_before_the_receipt(site: Site, work: Work, draw: Random) -> None:
    site.hub.stop()
    known = sightings_at(site.hub)
    site.hub.begin(lambda call: call.path.startswith("socket:") and sightings_at(site.hub) > known)
    work.start()
    work.finish()
    _kill_at_the_latest(site.hub)


def _hub_publishing(site: Site, work: Work, draw: Random) -> None:
    site.hub.stop()
    work.with_case()
    work.start()
    work.finish()
    database = str(site.hub.data / "hub.sqlite3") if site.postgres is None else "socket:"
    site.hub.begin(NthStep(draw.randrange(60), lambda call: call.path.startswith(database)))
    _kill_at_the_latest(site.hub)


def _registration(site: Site, work: Work, draw: Random) -> None:
    work.with_case()
    work.stop_case_at = NthStep(draw.randrange(30), _speaks_or_writes(site.hub.data))
    work.start()


def _kill_at_the_latest(part: Part) -> None:
    """If the step does not come: either way it is dead afterwards."""
    if part.program is not None:
        part.program.wait_until_stopped(_AT_MOST_SECONDS)
    part.kill()


STEPS: dict[str, Apply] = {
    "edge killed before a step": _edge,
    "edge killed before it forgets what has its receipt": _edge_forgetting,
    "edge killed while it replaces the list": _edge_replacing,
    "intake killed before a step": _intake,
    "hub killed before a step": _hub,
    "hub killed between commit and receipt": _hub_before_the_receipt,
    "hub killed while it publishes": _hub_publishing,
    "registration of a case killed before a step": _registration,
}
