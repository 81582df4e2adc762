"""The table of a hub's own database, and what the command writes of it."""

import csv
from pathlib import Path

import pytest

from hub.access.service import Role
from hub.bootstrap import Services
from hub.clock import HOUR, moment
from hub.review.conclusions import Answer
from hub.sites import EVERY_SITE
from hub.statistics.model import MEASURES
from hub.statistics.service import Period, PeriodError, parse_period, statistics
from protocol.person import Sex
from protocol.topics import UnitChannel, unit_topic
from tests.hub.metrics.test_numbers import intake_of
from tests.support.desk import ALL_SIMILAR, PASSWORD
from tests.support.hub_site import SITE, UNIT, HubSite, register


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, database_url=hub_database)


def month_of(hub: Services) -> str:
    return f"{moment(hub.clock()):%Y-%m}"


def test_period_of_months_begins_and_ends_where_they_do() -> None:
    period = parse_period("2025-11", "2026-02")
    assert period.months() == ["2025-11", "2025-12", "2026-01", "2026-02"]
    start, end = period.bounds()
    assert [f"{moment(at):%Y-%m-%d %H:%M:%S}" for at in (start, end)] == ["2025-11-01 00:00:00", "2026-03-01 00:00:00"]


@pytest.mark.parametrize(("first", "last"), [("2026", "2026-02"), ("2026-13", "2026-13"), ("2026-03", "2026-02")])
def test_period_that_is_none_is_one_clear_line(first: str, last: str) -> None:
    with pytest.raises(PeriodError):
        parse_period(first, last)


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
        month = month_of(hub)
        with hub.database.read() as connection:
            rows = {(row.breakdown, row.group): row for row in statistics(hub, connection, parse_period(month, month))}
            later = statistics(hub, connection, Period((2040, 1), (2040, 2)))
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
    file = site.folder / "table.csv"
    done = site.run("statistics", "--from", month, "--to", month, "--csv", str(file))
    assert done.returncode == 0, done.stderr
    with file.open(newline="") as opened:
        written = list(csv.reader(opened))
    assert written[0] == ["by", "group", *MEASURES, "median hours", "p90 hours"]
    assert written[1] == ["total", "total", "15", "6", "6", "0", "6", "0", "0", "0", "3.0", "3.0"]
    again = site.run("statistics", "--from", month, "--to", month, "--csv", str(file))
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    shown = site.run("statistics", "--from", month, "--to", month)
    assert "withheld" in shown.stdout


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
