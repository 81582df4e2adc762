"""The table of a hub's own database, and what the command writes of it."""

import csv
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.access.service import Role
from hub.bootstrap import Services
from hub.clock import DAY, HOUR, moment, month_start
from hub.review.conclusions import Answer
from hub.sites import EVERY_SITE
from hub.statistics.model import MEASURES
from hub.statistics.period import PeriodError, month_at, period_around
from hub.statistics.service import StatisticsService
from protocol.person import Sex
from protocol.topics import UnitChannel, unit_topic
from tests.hub.metrics.test_numbers import intake_of
from tests.support.desk import ALL_SIMILAR, PASSWORD
from tests.support.hub_site import SITE, UNIT, HubSite, register

DHAKA = ZoneInfo("Asia/Dhaka")


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, database_url=hub_database)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("UTC", "2025-10-01 00:00", "2026-01-01 00:00"),
        ("Asia/Dhaka", "2025-09-30 18:00", "2025-12-31 18:00"),
        ("Asia/Kathmandu", "2025-09-30 18:15", "2025-12-31 18:15"),
        ("Europe/Berlin", "2025-09-30 22:00", "2025-12-31 23:00"),  # Its clocks change in between.
    ],
)
def test_period_begins_or_ends_in_another_zone_than_the_desks(zone: str, start: str, end: str) -> None:
    period = period_around("2025-11", 3, ZoneInfo(zone))
    assert period.months() == ["2025-10", "2025-11", "2025-12"]
    bounds = period.bounds()
    assert [f"{moment(at):%Y-%m-%d %H:%M}" for at in bounds] == [start, end]
    assert [period.month_of(at) for at in (bounds[0], bounds[1] - 1, bounds[1])] == ["2025-10", "2025-12", "2026-01"]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6, 12])
def test_table_of_one_period_less_that_of_another_is_the_table_of_a_few_children(length: int) -> None:
    named = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]
    periods = dict.fromkeys(period_around(month, length, UTC) for month in named)
    assert [month for period in periods for month in period.months()] == named


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "0001-01", "9999-12", "2026-3", "৩"])
def test_month_that_is_none_is_one_clear_line(month: str) -> None:
    with pytest.raises(PeriodError):
        period_around(month, 12, UTC)


def test_table_of_what_units_sent_and_people_decided(site: HubSite) -> None:
    with site.services() as hub:
        hub.fleet.refresh()
        case = register(hub)
        with hub.database.read() as connection:
            photo = hub.cases.summary(connection, case).photos[0]
        unit, ingest, topic = site.unit(), intake_of(hub), unit_topic(UNIT, UnitChannel.SIGHTINGS)
        for _ in range(6):
            ingest.receive(topic, unit.envelope(unit.sighting((case, photo)).to_bytes()))
        for _ in range(9):
            ingest.receive(topic, unit.envelope(unit.sighting(sex=Sex.FEMALE).to_bytes()))
        site.clock.now += 3 * HOUR
        _reject_everything(hub)
        month = month_at(hub.clock(), UTC)
        monthly = StatisticsService(
            hub.sightings, hub.review, hub.dispatch, hub.fleet, months=1, clock=hub.clock, zone=UTC
        )
        with hub.database.read() as connection:
            rows = {(row.breakdown, row.group): row for row in monthly.table(connection).rows}
            later = monthly.table(connection, "2040-01").rows
        assert dict(zip(MEASURES, rows["total", "total"].counts, strict=True)) == {
            "intakes": 15,
            "with candidates": 6,
            "candidates": 6,
            "confirmed": 0,
            "rejected": 6,
            "unresolved": 0,
            "alerts": 0,
            "acknowledged": 0,
        }
        assert rows["month", month].counts == rows["total", "total"].counts
        assert rows["site", SITE].counts == rows["total", "total"].counts
        assert rows["sex", "female"].counts[:2] == (9, 0)
        assert rows["sex", "male"].counts[:2] == (6, 6)
        assert rows["sex", "male"].median_hours == rows["sex", "male"].p90_hours == 3
        assert set(later[0].counts) == {0}


def test_file_is_not_the_desks_months_or_of_a_period_that_goes_on(tmp_path: Path) -> None:
    site = HubSite(tmp_path)
    with site.config.open("a") as settings:
        settings.write('time_zone = "Asia/Dhaka"\nstatistics_months = 1\n')
    # Late on a last of the month for UTC, and early on the first for the desk.
    site.clock.now = month_start(month_start(site.clock(), DHAKA) - DAY, DHAKA) + HOUR
    month = month_at(site.clock(), DHAKA)
    assert month_at(site.clock(), UTC) < month
    with site.services() as hub:
        hub.fleet.refresh()
        unit, ingest = site.unit(), intake_of(hub)
        for _ in range(7):
            ingest.receive(unit_topic(UNIT, UnitChannel.SIGHTINGS), unit.envelope(unit.sighting().to_bytes()))
        site.clock.now += 31 * DAY
        assert hub.intakes.retention.expire_due() == 7, "erased intakes stay in their month"
    file = site.folder / "table.csv"
    done = site.run("statistics", month, "--csv", str(file))
    assert done.returncode == 0, done.stderr
    with file.open(newline="") as opened:
        written = list(csv.reader(opened))
    assert written[0] == ["by", "group", *MEASURES, "median hours", "p90 hours"]
    assert written[2] == ["month", month, "7", "0", "0", "0", "0", "0", "0", "0", "", ""]
    again = site.run("statistics", month, "--csv", str(file))
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    now = site.run("statistics", "--csv", str(site.folder / "now.csv"))
    assert (now.returncode, "has not ended" in now.stderr) == (1, True)
    assert "Keep this to the desk" in " ".join(site.run("statistics").stdout.split())


def _reject_everything(hub: Services) -> None:
    at = hub.clock()
    with hub.database.begin() as connection:
        people = [
            hub.access.operators.add(connection, name, PASSWORD, (Role.REVIEWER,), EVERY_SITE, at=at)
            for name in ("amina", "bimal")
        ]
        for review in [facts.id for facts in hub.review.facts(connection, 0)]:
            for person in people:
                hub.review.answer(
                    connection, review, person, Answer.EXCLUSION, checklist=ALL_SIMILAR, comment="", at=at
                )
