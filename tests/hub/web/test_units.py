"""The page of units shows what a technician must see to."""

from hub.access.service import Role
from protocol.health import Alarm, Health, OutboxState
from protocol.ids import SightingId, UnitId
from protocol.losses import Losses, LossReason, LostMessage
from protocol.moment import Moment
from tests.hub.web.conftest import MakePerson
from tests.support.desk import Desk

UNIT = UnitId("bd/benapole-1")


def test_site_cannot_be_asked_to_take_a_lost_intake_again(desk: Desk, person: MakePerson) -> None:
    moment = Moment(desk.clock(), 0, None)
    lost = LostMessage(1, SightingId("0" * 32), "7Q2M-FX4K", moment, LossReason.RETENTION)
    with desk.database.begin() as connection:
        desk.fleet.take_losses(connection, UNIT, 2, Losses((lost,)))
    desk.add_operator("tarek", Role.TECHNICIAN)
    page = person("amina").get("/units").text
    assert "Intakes that were lost" in page
    assert "7Q2M-FX4K" in page
    assert "(time uncertain)" in page
    assert "1 intakes lost" in page
    # Whoever mends devices has no need of a child's number.
    assert "7Q2M-FX4K" not in person("tarek").get("/units").text


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
