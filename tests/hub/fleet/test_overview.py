"""What the console says of a unit: nothing that somebody must see to may look like order."""

from dataclasses import replace

import pytest

from faults import Sentence
from hub.clock import DAY, HOUR, MINUTE
from hub.fleet.model import Delivery, Unit, UnitHealth, UnitState
from hub.fleet.overview import Level, Remark, duration, missing_numbers, remarks
from protocol.health import Alarm, Health, OutboxState
from protocol.ids import SiteId, UnitId
from tests.protocol.identities import UNIT as IDENTITY

NOW = 1_800_000_000_000
UNIT = Unit(UnitId("bd/benapole-1"), SiteId("bd/benapole"), (), IDENTITY.public)
REPORT = Health(
    NOW,
    7,
    NOW - HOUR,
    2,
    0,
    bytes(32),
    "0.1.0",
    list_confirmed_at=NOW - HOUR,
    clock_error=20,
    outbox=OutboxState(),
    key_store="tpm",
)

WHOLE = Delivery(9)


def said(
    report: Health = REPORT,
    *,
    delivery: Delivery = WHOLE,
    received_at: int = NOW,
    gone_at: int | None = None,
    now: int = NOW,
) -> list[str]:
    state = UnitState(UNIT, UnitHealth(UNIT.id, report, received_at, gone_at), delivery)
    return [remark.text for remark in remarks(state, now)]


def test_unit_in_order_has_one_good_word() -> None:
    state = UnitState(UNIT, UnitHealth(UNIT.id, REPORT, NOW, None), WHOLE)
    assert remarks(state, NOW) == [Remark(Sentence("In order"), Level.GOOD)]


def test_unit_that_never_reported_is_said_to_be_unseen_and_its_gaps_are_too() -> None:
    state = UnitState(UNIT, None, Delivery(3, (range(1, 3),), 2))
    assert [remark.text for remark in remarks(state, NOW)] == ["2 messages missing: number 1–2", "Never seen"]


@pytest.mark.parametrize("alarm", Alarm)
def test_every_alarm_has_words(alarm: Alarm) -> None:
    (text,) = said(replace(REPORT, alarms=(str(alarm),)))
    assert text != str(alarm)
    assert text != "In order"


def test_alarm_of_a_later_version_is_shown_as_it_is_called() -> None:
    assert said(replace(REPORT, alarms=("camera-blind",))) == ["Camera blind"]


def test_worst_comes_first() -> None:
    alarms = (str(Alarm.DEVELOPMENT_KEYS), str(Alarm.OUTBOX_FULL))
    assert said(replace(REPORT, alarms=alarms)) == ["Outbox full: no intakes", "Development keys"]


def test_silence_and_the_broker_s_word_that_it_is_gone_are_shown() -> None:
    assert said(now=NOW + HOUR + MINUTE) == ["Silent for 61 minutes"]
    assert said(gone_at=NOW, now=NOW + 3 * DAY) == ["Offline for 3 days"]


def test_numbers_that_wait_at_the_unit_are_not_called_missing() -> None:
    gap = Delivery(9, (range(7, 10),), 3)
    assert said(replace(REPORT, pending=3), delivery=gap) == ["In order"]
    assert said(replace(REPORT, pending=1), delivery=gap) == ["2 messages missing: number 7–9"]


def test_lost_refused_and_unmatched_intakes_are_shown() -> None:
    delivery = Delivery(9, lost=2, refused=1)
    assert said(replace(REPORT, expired=4), delivery=delivery) == [
        "4 intakes erased before they could be compared",
        "2 intakes lost: erased before they were delivered",
        "1 messages refused",
    ]


def test_clock_that_contradicts_the_hub_is_shown_and_one_that_is_late_by_the_network_is_not() -> None:
    assert said(received_at=NOW + MINUTE, now=NOW + MINUTE) == ["In order"]
    assert said(received_at=NOW + HOUR, now=NOW + HOUR) == ["Clock is 60 minutes apart from the hub's"]
    assert said(replace(REPORT, clock_error=300_000)) == ["Time uncertain by 300 seconds"]


def test_lengths_of_time_are_told_as_people_do() -> None:
    assert [duration(length) for length in (0, 3 * MINUTE, 25 * HOUR, 50 * HOUR)] == [
        "under 2 minutes",
        "3 minutes",
        "25 hours",
        "2 days",
    ]


def test_gaps_that_are_not_all_shown_say_so() -> None:
    assert missing_numbers(Delivery(9, (range(1, 2), range(4, 7)), 9)) == "1, 4–6, …"
