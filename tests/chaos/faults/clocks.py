"""Clocks that jump, or were never set."""

from datetime import UTC, datetime, timedelta
from random import Random

from tests.chaos.clock import Clock
from tests.chaos.faults.kind import Apply, Choose, a_unit, pause, the_hub
from tests.chaos.site import Part, Site
from tests.chaos.work import Work

_1970 = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
_2099 = datetime(2099, 12, 31, 23, 59, tzinfo=UTC)


_MOST_DAYS = 400.0


def _jumps(choose: Choose, *, back: float = _MOST_DAYS) -> Apply:
    """`back`: by how many days it goes back at most, unless to 1970."""

    def apply(site: Site, work: Work, draw: Random) -> None:
        clock = _clock(choose(site, draw))
        work.start()
        pause(draw)
        clock.set(_wrong_moment(draw, back))
        work.finish()
        pause(draw)

    return apply


def _boots_in(moment: datetime, choose: Choose) -> Apply:
    def apply(site: Site, work: Work, draw: Random) -> None:
        part = choose(site, draw)
        part.kill()
        _clock(part).set(moment)
        part.begin()  # Which may refuse to run by such a clock.
        pause(draw)
        work.start()
        work.finish()
        pause(draw)

    return apply


def _wrong_moment(draw: Random, back: float) -> datetime:
    now = datetime.now(UTC)
    days = [draw.uniform(0, by) for by in (-back, -1, -0.001, 0.001, 1, _MOST_DAYS)]
    return draw.choice((_1970, _2099, *(now + timedelta(days=by) for by in days)))


def _clock(part: Part) -> Clock:
    assert part.around.clock is not None, "this kind of fault needs clocks that can be set wrong"
    return part.around.clock


CLOCKS: dict[str, Apply] = {
    "clock of a unit jumps": _jumps(a_unit),
    # By a clock that is months behind, a case is listed until a day that has passed (docs/reliability.md).
    "clock of the hub jumps": _jumps(the_hub, back=1),
    "unit boots in 1970": _boots_in(_1970, a_unit),
    "unit boots in 2099": _boots_in(_2099, a_unit),
    "hub boots in 1970": _boots_in(_1970, the_hub),
    "hub boots in 2099": _boots_in(_2099, the_hub),
}
