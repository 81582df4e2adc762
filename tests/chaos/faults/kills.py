"""Kills at a random moment."""

from random import Random

from tests.chaos.faults.kind import Apply, a_unit, pause
from tests.chaos.site import Site
from tests.chaos.work import Work


def _edge(site: Site, work: Work, draw: Random) -> None:
    unit = a_unit(site, draw)
    work.start()
    pause(draw)
    unit.kill()


def _hub(site: Site, work: Work, draw: Random) -> None:
    work.start()
    pause(draw)
    site.hub.kill()


def _broker(site: Site, work: Work, draw: Random) -> None:
    work.start()
    pause(draw)
    site.broker.kill()


def _broker_wiped(site: Site, work: Work, draw: Random) -> None:
    work.start()
    pause(draw)
    site.wipe_broker()


def _intake(site: Site, work: Work, draw: Random) -> None:
    work.start()
    pause(draw)
    for unit in site.units:
        work.abandon(unit)


def _everything(site: Site, work: Work, draw: Random) -> None:
    work.start()
    pause(draw)
    for part in draw.sample(site.parts, len(site.parts)):
        work.abandon(part)
        part.kill()
    site.broker.kill()


KILLS: dict[str, Apply] = {
    "edge killed": _edge,
    "hub killed": _hub,
    "broker killed": _broker,
    "broker wiped": _broker_wiped,
    "intake killed": _intake,
    "everything killed": _everything,
}
