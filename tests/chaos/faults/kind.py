"""What a kind of fault is: a function that lets the cycle's work begin and disturbs it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.chaos.site import Part, Site
from tests.chaos.work import Work

_LONGEST_PAUSE = 0.6  # seconds: about as long as the work of a cycle takes


class Need(StrEnum):
    """What a kind of fault asks of the machine."""

    GATE = "a kernel with seccomp's user notification"
    CLOCK = "a C compiler, for clocks that are wrong"
    DISK = "root, for disks of our own"
    HUB_DISK = "root, and a hub on SQLite"
    POSTGRESQL = "--database postgresql"


Apply = Callable[[Site, Work, Random], None]
"""All chance of it comes from the last argument. It need not end what it began: the site is left alone after it."""

Choose = Callable[[Site, Random], Part]
"""Which part it befalls."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault."""

    name: str
    apply: Apply
    need: Need | None


def pause(draw: Random) -> None:
    """Until a random moment of the work, which is the point here: nothing is waited for."""
    time.sleep(draw.uniform(0, _LONGEST_PAUSE))


def a_unit(site: Site, draw: Random) -> Part:
    """Any of them."""
    return draw.choice(site.units)


def the_hub(site: Site, _draw: Random) -> Part:
    """There is one."""
    return site.hub
