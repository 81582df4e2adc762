"""The page of units shows what a technician must see to."""

from protocol.health import Alarm, Health, OutboxState
from protocol.ids import UnitId
from tests.hub.web.conftest import MakePerson
from tests.support.desk import Desk

UNIT = UnitId("bd/benapole-1")


def test_alarm_age_or_gap_is_not_on_the_page(desk: Desk, person: MakePerson) -> None:
    now = desk.clock()
    report = Health(
        now,
        7,
        now,
        12,
        2,
        bytes(32),
        "mca 0.1.0",
        list_confirmed_at=now - 3 * 86_400_000,
        clock_error=None,
        outbox=OutboxState(bytes=600, limit=1000, oldest_at=now, last_sequence=5),
        key_store="file",
        alarms=(str(Alarm.LIST_STALE), str(Alarm.OUTBOX_FILLING), str(Alarm.DEVELOPMENT_KEYS)),
    )
    with desk.database.begin() as connection:
        desk.fleet.take_health(connection, UNIT, 1, report)
    page = person("amina").get("/units").text
    for words in (
        "Watchlist is old",
        "Outbox is filling",
        "Development keys",
        "confirmed 3 days ago",
        "2, 60 % full",
        "3 messages missing: number 1–5",
        "not set by the hub",
        "keys: file",
    ):
        assert words in page
