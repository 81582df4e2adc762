"""Everything that a unit keeps ends by itself, by time that two answers of the hub bear out, and no other clock's."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from edge_agent.bootstrap import Unit, build_desk, build_pipeline
from edge_agent.intakes.desk import IntakeDesk
from edge_agent.sightings.retention import Retention
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import DAY, HOUR, KnownTime, TrustedClock, Uptime
from models.recogniser import Recogniser
from protocol.ids import SightingId
from protocol.notice import Notice, NoticeKind
from protocol.sighting import LegalBasis
from tests.edge_agent.consent.test_withdrawing import MOTHER, photograph
from tests.edge_agent.site import Site, synchronise

STORES = {
    "waiting": "SELECT count(*) FROM waiting",
    "messages": "SELECT count(*) FROM outbox WHERE sealed_facts IS NOT NULL",
    "templates": "SELECT count(*) FROM kept",
    "notices": "SELECT count(*) FROM notices WHERE sealed IS NOT NULL",
    "consents": "SELECT count(*) FROM consents",
}


@dataclass
class Time:
    """A machine whose own clock says anything, and what its hub tells it."""

    start: int
    wall: int = 0
    up: int = 0

    def __post_init__(self) -> None:
        self.clock = TrustedClock(lambda: self.wall, lambda: Uptime(1, self.up), KnownTime.nothing())
        self.told(0)

    def told(self, days: int) -> None:
        """The hub answers twice that so many days have passed."""
        for hours in (0, 1):
            self.up += HOUR
            assert self.clock.synchronise(self.start + days * DAY + hours * HOUR, self.clock.uptime())


@pytest.fixture
def time(listed: Site, unit: Unit) -> Time:
    synchronise(unit)
    return Time(unit.clock.now())


@pytest.fixture
def full(unit: Unit, recogniser: Recogniser, time: Time) -> Unit:
    """One thing in each store, or two: an intake that waits, and one that was compared and is kept."""
    unit = replace(unit, clock=time.clock)
    desk = build_desk(unit)
    desk = replace(desk, rules=replace(desk.rules, keeping=dict.fromkeys(LegalBasis, 90 * DAY)))
    for request, watchlist in ((MOTHER, None), (replace(MOTHER, keep_template=True), unit.loader.load_installed())):
        pipeline = replace(build_pipeline(unit, recogniser), desk=desk, watchlist=watchlist)
        pipeline.take(request, photograph("biden.jpg", unit))
    unit.notices.keep(bytes(32), Notice(SightingId("0" * 32), "7Q2M-FX4K", NoticeKind.NO_ACTION, time.start))
    return unit


def held(unit: Unit) -> dict[str, int]:
    with unit.database.reading() as tables:
        return {name: int(tables.execute(query).fetchone()[0]) for name, query in STORES.items()}


def beat(unit: Unit) -> Callable[[], None]:
    """What the agent does at each heartbeat."""
    desk: IntakeDesk = build_desk(unit)
    sealer = HubSealer(unit.identity, unit.hub, unit.clock.now)
    retention = Retention(unit.outbox, unit.notices, sealer, unit.clock.destroyable_before, unit.database.scrub)

    def once() -> None:
        retention.erase_expired()
        desk.settle(None)

    return once


EVERYTHING = {"waiting": 1, "messages": 1, "templates": 1, "notices": 1, "consents": 2}


def test_something_is_kept_for_longer_than_the_receipt_says(full: Unit, time: Time) -> None:
    days = full.settings
    ends = {
        "waiting": days.retention_days[LegalBasis.GUARDIAN_CONSENT],
        "messages": days.retention_days[LegalBasis.GUARDIAN_CONSENT],
        "templates": 90,
        "notices": days.notice_days,
        "consents": days.consent_record_days,
    }
    beat_once = beat(full)
    assert held(full) == EVERYTHING
    for end in sorted(set(ends.values())):
        time.told(end - 1)
        beat_once()
        assert held(full) == {name: EVERYTHING[name] if ends[name] >= end else 0 for name in ends}, f"day {end - 1}"
        time.told(end + 1)
        beat_once()
        assert held(full) == {name: EVERYTHING[name] if ends[name] > end else 0 for name in ends}, f"day {end + 1}"
    assert ends["consents"] == max(ends.values())


def test_wrong_clock_or_one_answer_of_the_hub_ends_something(full: Unit, time: Time) -> None:
    beat_once = beat(full)
    for wall in (0, 4_102_444_800_000):  # 1970, 2100
        time.wall = wall
        beat_once()
        assert held(full) == EVERYTHING
    # The hub's own clock was wrong for a minute.
    time.up += HOUR
    time.clock.synchronise(time.start + 4000 * DAY, time.clock.uptime())
    beat_once()
    assert held(full) == EVERYTHING
