"""The hub at a real broker: nothing is acknowledged before it is dealt with, and nothing pretends to be sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import UnavailableError
from hub.atrest import load_vault
from hub.broker_link import build_link, group_name
from hub.mqtt import BrokerUnavailableError, Delivery, MqttLink
from protocol.topics import UPWARD, UnitChannel, hub_subscription, shared_subscription, unit_topic, watchlist_topic
from tests.support.broker import Broker
from tests.support.hub_site import HUB, OTHER_UNIT, UNIT, HubSite
from tests.support.mqtt_client import UnitClient

SIGHTINGS = unit_topic(UNIT, UnitChannel.SIGHTINGS)
RECEIPTS = unit_topic(UNIT, UnitChannel.RECEIPTS)


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@pytest.fixture
def broker(site: HubSite) -> Iterator[Broker]:
    with Broker(site.folder) as broker:
        yield broker


@pytest.fixture
def unit(site: HubSite, broker: Broker) -> Iterator[UnitClient]:
    with UnitClient(site.unit_folder(), UNIT, broker.port) as unit:
        yield unit


@contextmanager
def connected(site: HubSite) -> Iterator[MqttLink]:
    link = build_link(site.settings, load_vault(site.settings.storage_key))
    link.start()
    try:
        assert link.wait_until_ready(30)
        yield link
    finally:
        link.stop()


def next_delivery(link: MqttLink) -> Delivery:
    delivery = link.next_delivery(20)
    assert delivery is not None
    return delivery


def test_message_that_was_not_acknowledged_comes_again_to_the_next_process(site: HubSite, unit: UnitClient) -> None:
    with connected(site) as link:
        unit.say(SIGHTINGS, b"one")
        unit.say(SIGHTINGS, b"two")
        first = next_delivery(link)
        assert next_delivery(link).payload == b"two"
        link.acknowledge(first)
    with connected(site) as link:
        again = next_delivery(link)
        assert again.payload == b"two"
        link.acknowledge(again)
    with connected(site) as link:
        assert link.next_delivery(0.3) is None


def test_message_sent_while_the_hub_is_down_is_there_when_it_comes_back(site: HubSite, unit: UnitClient) -> None:
    with connected(site):
        pass
    unit.say(SIGHTINGS, b"at night")
    with connected(site) as link:
        assert next_delivery(link).payload == b"at night"


def test_message_that_waits_in_the_session_counts_even_before_the_subscription_is_confirmed(
    site: HubSite, unit: UnitClient
) -> None:
    with connected(site):
        pass
    for number in range(50):
        unit.say(SIGHTINGS, b"%d" % number)
    link = build_link(site.settings, load_vault(site.settings.storage_key))
    link.start()
    try:
        for number in range(50):
            delivery = next_delivery(link)
            assert link.is_current(delivery)
            assert delivery.payload == b"%d" % number
            link.acknowledge(delivery)
    finally:
        link.stop()


def test_acknowledgement_of_a_broken_connection_does_not_swallow_the_message(
    site: HubSite, broker: Broker, unit: UnitClient
) -> None:
    with connected(site) as link:
        unit.say(SIGHTINGS, b"late")
        late = next_delivery(link)
        broker.stop()
        broker.start()
        again = link.next_delivery(30)
        while again is not None and again.connection == late.connection:
            again = link.next_delivery(30)
        assert again is not None
        assert again.payload == b"late"
        assert not link.is_current(late)
        link.acknowledge(late)
    with connected(site) as link:
        assert next_delivery(link).payload == b"late"


def test_hub_finds_a_broker_that_starts_later(site: HubSite) -> None:
    link = build_link(site.settings, load_vault(site.settings.storage_key))
    link.start()
    try:
        assert not link.wait_until_ready(1)
        with Broker(site.folder):
            assert link.wait_until_ready(30)
    finally:
        link.stop()


def test_nothing_pretends_to_be_sent_while_the_broker_is_away(site: HubSite, broker: Broker) -> None:
    with connected(site) as link:
        broker.stop()
        deadline = threading.Event()
        while link.wait_until_ready(0):
            assert not deadline.wait(0.01)
        with pytest.raises(BrokerUnavailableError, match="not connected"):
            link.send(RECEIPTS, b"receipt")
        with pytest.raises(UnavailableError):
            link.publish(RECEIPTS, b"notice")
        broker.start()
        assert link.wait_until_ready(30)
        link.publish(RECEIPTS, b"notice")


def test_published_message_reaches_its_unit(site: HubSite, unit: UnitClient) -> None:
    with connected(site) as link:
        link.publish(RECEIPTS, b"receipt")
        link.send(RECEIPTS, b"another")
        assert unit.wait_for(RECEIPTS, 2) == [b"receipt", b"another"]


def test_message_that_the_broker_forbids_is_not_taken_for_sent(site: HubSite, broker: Broker) -> None:
    with connected(site) as link, pytest.raises(BrokerUnavailableError, match="refused"):
        link.publish(SIGHTINGS, b"the hub may not speak for a unit")


def test_announcement_is_kept_for_units_that_come_later(site: HubSite, broker: Broker) -> None:
    with connected(site) as link:
        link.publish(watchlist_topic(HUB), b"version 1", retain=True)
        link.publish(watchlist_topic(HUB), b"version 2", retain=True)
    with UnitClient(site.unit_folder(), UNIT, broker.port) as late:
        assert late.wait_for(watchlist_topic(HUB)) == [b"version 2"]


def test_many_threads_may_publish_at_once(site: HubSite, unit: UnitClient) -> None:
    with connected(site) as link:
        threads = [threading.Thread(target=link.publish, args=(RECEIPTS, b"%d" % number)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(unit.wait_for(RECEIPTS, 30)) == sorted(b"%d" % number for number in range(30))


def test_burst_larger_than_the_window_arrives_whole_and_in_order(site: HubSite, unit: UnitClient) -> None:
    with connected(site) as link:
        for number in range(100):
            unit.say(SIGHTINGS, b"%d" % number)
        received = []
        for _ in range(100):
            delivery = next_delivery(link)
            received.append(int(delivery.payload))
            link.acknowledge(delivery)
        assert received == list(range(100))


def test_group_that_a_unit_guesses_gives_it_nothing_and_takes_nothing_away(site: HubSite, broker: Broker) -> None:
    guesses = [
        shared_subscription(group, hub_subscription(HUB, channel))
        for group in ("hub", HUB, "mca", "ingest", "0" * 64)
        for channel in sorted(UPWARD)
    ]
    with connected(site) as link, UnitClient(site.unit_folder(), UNIT, broker.port, also=guesses) as unit:
        for number in range(20):
            unit.say(SIGHTINGS, b"%d" % number)
        received = [next_delivery(link).payload for _ in range(20)]
        link.publish(RECEIPTS, b"the end")
        unit.wait_for(RECEIPTS)
        assert received == [b"%d" % number for number in range(20)]
        assert unit.heard(SIGHTINGS) == []


def test_group_whose_name_has_leaked_lets_a_unit_delay_messages_and_not_read_them(
    site: HubSite, broker: Broker
) -> None:
    vault = load_vault(site.settings.storage_key)
    leaked = shared_subscription(group_name(site.settings, vault), hub_subscription(HUB, UnitChannel.SIGHTINGS))
    with connected(site) as link, UnitClient(site.unit_folder(), UNIT, broker.port, also=[leaked]) as unit:
        received: set[bytes] = set()
        sent = 0
        for number in range(4):
            message = b"sent until its receipt comes: %d" % number
            while message not in received:
                unit.say(SIGHTINGS, message)
                sent += 1
                delivery = link.next_delivery(1)
                if delivery is not None:
                    received.add(delivery.payload)
        link.publish(RECEIPTS, b"the end")
        unit.wait_for(RECEIPTS)
        assert sent > len(received) == 4  # Some were thrown away.
        assert unit.heard(SIGHTINGS) == []


# paho leaves a socket whose handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_hub_with_a_certificate_of_another_authority_gets_nowhere(
    site: HubSite, broker: Broker, tmp_path: Path
) -> None:
    stranger = HubSite(tmp_path / "elsewhere", units=(OTHER_UNIT,))
    settings = site.settings.model_copy(update={"tls": stranger.settings.tls})
    link = build_link(settings, load_vault(site.settings.storage_key))
    link.start()
    try:
        assert not link.wait_until_ready(2)
    finally:
        link.stop()
