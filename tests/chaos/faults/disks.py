"""Disks that are full, read-only, or lose power."""

import resource
from random import Random

from tests.chaos.disk import SmallDisk
from tests.chaos.faults.kind import Apply, Choose, a_unit, pause, the_hub
from tests.chaos.site import Part, Site
from tests.chaos.work import Work

_MOST_SPARE = 400_000  # bytes: four sightings
_LARGEST_LIMIT = 8_000_000  # bytes: twice what SQLite lets its log grow to


def _full(choose: Choose) -> Apply:
    def apply(site: Site, work: Work, draw: Random) -> None:
        disk = _disk(choose(site, draw))
        disk.fill(int(_MOST_SPARE ** draw.random()))
        try:
            work.start()
            work.finish()
            pause(draw)
        finally:
            disk.empty()

    return apply


def _read_only(choose: Choose) -> Apply:
    def apply(site: Site, work: Work, draw: Random) -> None:
        part = choose(site, draw)
        work.start()
        pause(draw)
        _disk(part).turn_read_only()
        work.finish()
        pause(draw)
        _mend(part)

    return apply


def _power_cut(choose: Choose) -> Apply:
    def apply(site: Site, work: Work, draw: Random) -> None:
        part = choose(site, draw)
        work.start()
        pause(draw)
        _disk(part).cut_power()
        part.kill()
        work.abandon(part)
        work.finish()
        _mend(part)

    return apply


def _limited(choose: Choose) -> Apply:
    """As a full disk where there are no disks of our own: no file of the program that runs can grow past a size."""

    def apply(site: Site, work: Work, draw: Random) -> None:
        part = choose(site, draw)
        program = part.program
        assert program is not None
        _, hard = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (int(_LARGEST_LIMIT ** draw.random()), hard))
        work.start()
        work.finish()
        pause(draw)
        if program.is_running:
            resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (hard, hard))

    return apply


def _mend(part: Part) -> None:
    part.kill()
    _disk(part).repair()


def _disk(part: Part) -> SmallDisk:
    assert part.disk is not None, "this kind of fault needs disks of our own"
    return part.disk


LIMITS: dict[str, Apply] = {
    "files of a unit that cannot grow": _limited(a_unit),
    "files of the hub that cannot grow": _limited(the_hub),
}
DISKS: dict[str, Apply] = {
    "disk of a unit full": _full(a_unit),
    "disk of a unit read-only": _read_only(a_unit),
    "power of a unit cut": _power_cut(a_unit),
}
HUB_DISKS: dict[str, Apply] = {
    "disk of the hub full": _full(the_hub),
    "disk of the hub read-only": _read_only(the_hub),
    "power of the hub cut": _power_cut(the_hub),
}
