"""Messages to units: kept until the broker has them, sealed, in order, numbered once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from faults import UnavailableError
from hub.bootstrap import Services
from protocol.envelope import MessageType, Opened, open_envelope
from protocol.errors import ReplayedError
from protocol.health import Health
from protocol.ids import SightingId, UnitId
from protocol.notice import Notice, NoticeKind
from protocol.topics import UnitChannel, unit_topic
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite

Sent = list[tuple[str, bytes]]


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, units=(UNIT, OTHER_UNIT), database_url=hub_database)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        services.fleet.refresh()
        yield services


def notice(number: int) -> Notice:
    return Notice(SightingId(f"{number:032x}"), f"REF-{number}", NoticeKind.CALL_DESK, number)


def enqueue(hub: Services, number: int, unit: UnitId = UNIT) -> None:
    with hub.database.begin() as connection:
        hub.fleet.enqueue(connection, unit, UnitChannel.NOTICES, MessageType.NOTICE, notice(number).to_bytes())


def collect(sent: Sent) -> Callable[[str, bytes], None]:
    def publish(topic: str, payload: bytes) -> None:
        sent.append((topic, payload))

    return publish


def waiting(hub: Services) -> int:
    with hub.database.read() as connection:
        return hub.fleet.waiting_count(connection)


def opened(site: HubSite, envelope: bytes, unit: UnitId = UNIT) -> Opened:
    return open_envelope(
        envelope,
        recipient=site.unit(unit).identity,
        find_sender=lambda name: site.hub if name == "bd" else None,
        expected=MessageType.NOTICE,
    )


def test_notices_arrive_in_order_sealed_to_their_unit(hub: Services, site: HubSite) -> None:
    for number in (1, 2, 3):
        enqueue(hub, number)
    sent: Sent = []
    assert hub.fleet.deliver(collect(sent)) == 3
    assert {topic for topic, _ in sent} == {unit_topic(UNIT, UnitChannel.NOTICES)}
    assert [Notice.from_bytes(opened(site, envelope).payload) for _, envelope in sent] == [notice(n) for n in (1, 2, 3)]
    assert waiting(hub) == 0


def test_notice_stays_until_the_broker_has_taken_it(hub: Services, site: HubSite) -> None:
    enqueue(hub, 1)

    def refuse(_topic: str, _payload: bytes) -> None:
        raise UnavailableError("The broker is away.")

    for _ in range(3):
        with pytest.raises(UnavailableError):
            hub.fleet.deliver(refuse)
    assert waiting(hub) == 1
    sent: Sent = []
    hub.fleet.deliver(collect(sent))
    assert Notice.from_bytes(opened(site, sent[0][1]).payload) == notice(1)


def test_broker_that_goes_away_in_the_middle_costs_no_notice(hub: Services, site: HubSite) -> None:
    for number in (1, 2, 3):
        enqueue(hub, number)
    sent: Sent = []

    def take_one(topic: str, payload: bytes) -> None:
        if sent:
            raise UnavailableError("The broker is away.")
        sent.append((topic, payload))

    with pytest.raises(UnavailableError):
        hub.fleet.deliver(take_one)
    assert waiting(hub) == 2
    hub.fleet.deliver(collect(sent))
    assert [Notice.from_bytes(opened(site, envelope).payload) for _, envelope in sent] == [notice(n) for n in (1, 2, 3)]


def test_notice_of_a_transaction_that_failed_is_never_sent(hub: Services) -> None:
    def fail() -> None:
        with hub.database.begin() as connection:
            hub.fleet.enqueue(connection, UNIT, UnitChannel.NOTICES, MessageType.NOTICE, notice(1).to_bytes())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert waiting(hub) == 0


def test_notices_survive_a_restart_and_are_not_readable_on_the_disk(hub: Services, site: HubSite) -> None:
    enqueue(hub, 1)
    hub.database.close()
    disk = b"".join(path.read_bytes() for path in (site.folder / "hub" / "data").glob("hub.sqlite3*"))
    assert b"REF-1" not in disk
    sent: Sent = []
    with site.services() as again:
        again.fleet.deliver(collect(sent))
    assert len(sent) == 1


def test_no_number_is_given_to_two_messages(hub: Services, site: HubSite) -> None:
    for number in range(4):
        enqueue(hub, number, UNIT if number % 2 else OTHER_UNIT)
    sent: Sent = []
    hub.fleet.deliver(collect(sent))
    with hub.database.begin() as connection:
        one_more = hub.fleet.seal(connection, UNIT, MessageType.NOTICE, b"")
    units = [OTHER_UNIT, UNIT, OTHER_UNIT, UNIT, UNIT]
    envelopes = [*(envelope for _, envelope in sent), one_more]
    numbers = [opened(site, envelope, unit).header.sequence for unit, envelope in zip(units, envelopes, strict=True)]
    assert numbers == [1, 2, 3, 4, 5]


def test_notices_of_a_withdrawn_unit_hold_up_nobody_else(hub: Services, site: HubSite) -> None:
    enqueue(hub, 1, OTHER_UNIT)
    enqueue(hub, 2)
    site.withdraw_unit(OTHER_UNIT)
    hub.fleet.refresh()
    sent: Sent = []
    hub.fleet.deliver(collect(sent))
    assert [topic for topic, _ in sent] == [unit_topic(UNIT, UnitChannel.NOTICES)]
    assert waiting(hub) == 1


def report(list_version: int) -> Health:
    return Health(1000 + list_version, list_version, 900, 2, 1, bytes(32), "0.1.0")


def test_newest_report_of_a_unit_is_kept_and_an_older_one_does_not_replace_it(hub: Services) -> None:
    for sequence, list_version in ((5, 7), (4, 6), (5, 1), (6, 8)):
        with hub.database.begin() as connection, suppress(ReplayedError):
            hub.fleet.take_health(connection, UNIT, sequence, report(list_version))
    with hub.database.read() as connection:
        (health,) = hub.fleet.health(connection)
    assert (health.unit, health.report, health.received_at) == (UNIT, report(8), hub.clock())
