"""A real mosquitto with the access list that provisioning wrote: who gets in, and who says and hears what.

Mosquitto grants every subscription and withholds the messages, so that silence is shown by a marker: a
message sent after the forbidden one, which is the first to arrive.
"""

import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from credentials.tls import client_context
from protocol.envelope import MAX_ENVELOPE
from protocol.ids import HubId, UnitId
from protocol.topics import DOWNWARD, UPWARD, UnitChannel, hub_subscription, unit_topic, watchlist_topic
from tests.provisioning.commands import add_unit, init
from tests.provisioning.mqtt_client import MqttClient
from tests.support.broker import Broker

HUB = HubId("bd")
UNIT, OTHER = UnitId("bd/benapole-1"), UnitId("bd/benapole-2")
NOT_AUTHORISED = "Not authorized"
SIGHTINGS, HEALTH, PRESENCE = UnitChannel.SIGHTINGS, UnitChannel.HEALTH, UnitChannel.PRESENCE
RECEIPTS, NOTICES = UnitChannel.RECEIPTS, UnitChannel.NOTICES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = init(tmp_path_factory.mktemp("provisioned") / "mca")
    for name in ("benapole-1", "benapole-2"):
        add_unit(folder, name)
    return folder


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[Broker]:
    with Broker(folder) as broker:
        yield broker


def hub_client(folder: Path, broker: Broker, *, keep_session: bool = False) -> MqttClient:
    return MqttClient(broker.port, folder / "hub" / "tls", "hub", client_id=HUB, keep_session=keep_session)


def unit_client(
    folder: Path,
    broker: Broker,
    unit: UnitId = UNIT,
    *,
    client_id: str | None = None,
    keep_session: bool = False,
    will_topic: str | None = None,
) -> MqttClient:
    return MqttClient(
        broker.port,
        folder / "units" / unit.partition("/")[2] / "tls",
        "unit",
        client_id=client_id or unit,
        keep_session=keep_session,
        will_topic=will_topic,
    )


def first_alert(broker: Broker, context: ssl.SSLContext) -> bytes:
    """What the broker sends to a connection before any MQTT. In TLS 1.3 it refuses a client after the handshake."""
    with (
        socket.create_connection((broker.host, broker.port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=broker.host) as tls,
    ):
        return tls.recv(1)


def test_unit_and_hub_exchange_every_kind_of_message(folder: Path, broker: Broker) -> None:
    with hub_client(folder, broker) as hub, unit_client(folder, broker) as unit:
        hub.subscribe(*(hub_subscription(HUB, channel) for channel in UPWARD))
        unit.subscribe(*(unit_topic(UNIT, channel) for channel in DOWNWARD))
        for sender, receiver, channels in ((unit, hub, UPWARD), (hub, unit, DOWNWARD)):
            for channel in channels:
                assert not sender.publish(unit_topic(UNIT, channel), b"sealed").is_failure
                assert receiver.next() == (unit_topic(UNIT, channel), b"sealed")


def test_announcement_reaches_a_unit_that_comes_later(folder: Path, broker: Broker) -> None:
    with hub_client(folder, broker) as hub:
        assert not hub.publish(watchlist_topic(HUB), b"version 7", retain=True).is_failure
    with unit_client(folder, broker) as unit:
        unit.subscribe(watchlist_topic(HUB))
        assert unit.next() == (watchlist_topic(HUB), b"version 7")


@pytest.mark.parametrize(
    "topic",
    [
        *(unit_topic(OTHER, channel) for channel in UnitChannel),
        *(unit_topic(UNIT, channel) for channel in sorted(DOWNWARD)),
        watchlist_topic(HUB),
        "mca/v1/bd/units/benapole-1",
        "mca/v1/bd/units/benapole-1/sightings/more",
        "mca/v1/np/units/benapole-1/sightings",
        "elsewhere",
    ],
)
def test_unit_cannot_publish_where_it_has_no_say(folder: Path, broker: Broker, topic: str) -> None:
    with hub_client(folder, broker) as hub, unit_client(folder, broker, OTHER) as other:
        hub.subscribe(hub_subscription(HUB, SIGHTINGS), hub_subscription(HUB, HEALTH))
        other.subscribe(unit_topic(OTHER, RECEIPTS), unit_topic(OTHER, NOTICES), watchlist_topic(HUB))
        with unit_client(folder, broker) as unit:
            assert unit.publish(topic, b"forged").getName() == NOT_AUTHORISED
            unit.publish(unit_topic(UNIT, HEALTH), b"marker")
        hub.publish(unit_topic(OTHER, NOTICES), b"marker")
        assert hub.next() == (unit_topic(UNIT, HEALTH), b"marker")
        arrived = [other.next()]
        if arrived[0][0] == watchlist_topic(HUB):  # What another test had the hub announce.
            arrived = [other.next()]
        assert arrived == [(unit_topic(OTHER, NOTICES), b"marker")]


@pytest.mark.parametrize(
    "topic_filter",
    ["#", "mca/#", "mca/v1/bd/units/#", "mca/v1/+/units/+/+", unit_topic(OTHER, RECEIPTS), unit_topic(OTHER, NOTICES)],
)
def test_unit_hears_nothing_of_others_whatever_it_subscribes_to(
    folder: Path, broker: Broker, topic_filter: str
) -> None:
    with (
        hub_client(folder, broker) as hub,
        unit_client(folder, broker) as unit,
        unit_client(folder, broker, OTHER) as other,
    ):
        unit.subscribe(topic_filter, unit_topic(UNIT, RECEIPTS))
        for channel in DOWNWARD:
            hub.publish(unit_topic(OTHER, channel), b"for the other unit")
        for channel in UPWARD:
            other.publish(unit_topic(OTHER, channel), b"of the other unit")
        hub.publish(unit_topic(UNIT, RECEIPTS), b"marker")
        heard = unit.next()
        if heard[0] == watchlist_topic(HUB):  # Units may hear it, and a retained one comes first.
            heard = unit.next()
        assert heard == (unit_topic(UNIT, RECEIPTS), b"marker")


@pytest.mark.parametrize("channel", sorted(UPWARD))
def test_hub_cannot_speak_for_a_unit(folder: Path, broker: Broker, channel: UnitChannel) -> None:
    with hub_client(folder, broker) as hub:
        assert hub.publish(unit_topic(UNIT, channel), b"forged").getName() == NOT_AUTHORISED


def test_unit_cannot_take_the_messages_that_wait_for_another(folder: Path, broker: Broker) -> None:
    with unit_client(folder, broker, keep_session=True) as unit:
        unit.subscribe(unit_topic(UNIT, RECEIPTS))
    with hub_client(folder, broker) as hub:
        hub.publish(unit_topic(UNIT, RECEIPTS), b"waiting")
        with unit_client(folder, broker, OTHER, client_id=UNIT, keep_session=True) as thief:
            thief.subscribe(unit_topic(OTHER, RECEIPTS))
            hub.publish(unit_topic(OTHER, RECEIPTS), b"marker")
            assert thief.next() == (unit_topic(OTHER, RECEIPTS), b"marker")
    with unit_client(folder, broker, keep_session=True) as unit:
        assert unit.next() == (unit_topic(UNIT, RECEIPTS), b"waiting")


def test_unit_cannot_disconnect_another_by_its_client_id(folder: Path, broker: Broker) -> None:
    with hub_client(folder, broker) as hub, unit_client(folder, broker) as unit:
        unit.subscribe(unit_topic(UNIT, RECEIPTS))
        with unit_client(folder, broker, OTHER, client_id=UNIT):
            hub.publish(unit_topic(UNIT, RECEIPTS), b"still here")
            assert unit.next() == (unit_topic(UNIT, RECEIPTS), b"still here")


def test_will_that_a_unit_leaves_as_another_is_not_carried_out(folder: Path, broker: Broker) -> None:
    with hub_client(folder, broker) as hub:
        hub.subscribe(hub_subscription(HUB, SIGHTINGS), hub_subscription(HUB, PRESENCE))
        for will_topic in (unit_topic(OTHER, PRESENCE), unit_topic(OTHER, SIGHTINGS), unit_topic(UNIT, PRESENCE)):
            with unit_client(folder, broker, will_topic=will_topic) as unit:
                unit.leave_with_will()
        assert hub.next() == (unit_topic(UNIT, PRESENCE), b"will")


def test_largest_envelope_passes_and_a_larger_packet_ends_the_connection(folder: Path, broker: Broker) -> None:
    with hub_client(folder, broker) as hub, unit_client(folder, broker) as unit:
        hub.subscribe(hub_subscription(HUB, SIGHTINGS))
        unit.publish(unit_topic(UNIT, SIGHTINGS), bytes(MAX_ENVELOPE))
        topic, payload = hub.next()
        assert (topic, len(payload)) == (unit_topic(UNIT, SIGHTINGS), MAX_ENVELOPE)
        unit.send_unanswered(unit_topic(UNIT, SIGHTINGS), bytes(MAX_ENVELOPE + 128 * 1024))
        assert unit.wait_until_disconnected()
        assert hub.received.empty()


def test_client_without_a_certificate_is_refused(folder: Path, broker: Broker) -> None:
    context = ssl.create_default_context(cafile=folder / "authority" / "ca.crt")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
        first_alert(broker, context)


def test_client_of_another_authority_with_the_same_names_is_refused(
    folder: Path, broker: Broker, tmp_path: Path
) -> None:
    tls = add_unit(init(tmp_path / "mca")) / "tls"
    context = client_context(
        authority=folder / "authority" / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key"
    )
    with pytest.raises(ssl.SSLError, match="ALERT"):
        first_alert(broker, context)


@pytest.mark.parametrize("name", ["console", "units"])
def test_certificate_of_a_server_cannot_be_used_by_a_client(folder: Path, broker: Broker, name: str) -> None:
    tls = folder / "hub" / "tls"
    context = client_context(authority=tls / "ca.crt", certificate=tls / f"{name}.crt", key=tls / f"{name}.key")
    with pytest.raises(ssl.SSLError, match="ALERT"):
        first_alert(broker, context)


def test_tls_1_2_is_refused(folder: Path, broker: Broker) -> None:
    tls = folder / "hub" / "tls"
    context = client_context(authority=tls / "ca.crt", certificate=tls / "hub.crt", key=tls / "hub.key")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        first_alert(broker, context)


def test_new_unit_works_after_a_reload_and_the_others_stay_connected(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca")
    add_unit(folder)
    with Broker(folder) as broker, hub_client(folder, broker) as hub, unit_client(folder, broker) as unit:
        hub.subscribe(hub_subscription(HUB, HEALTH))
        unit.subscribe(unit_topic(UNIT, RECEIPTS))
        add_unit(folder, "benapole-2")
        with unit_client(folder, broker, OTHER) as other:
            assert other.publish(unit_topic(OTHER, HEALTH), b"too early").getName() == NOT_AUTHORISED
            broker.reload()
            assert not other.publish(unit_topic(OTHER, HEALTH), b"hello").is_failure
        assert hub.next() == (unit_topic(OTHER, HEALTH), b"hello")
        hub.publish(unit_topic(UNIT, RECEIPTS), b"still here")
        assert unit.next() == (unit_topic(UNIT, RECEIPTS), b"still here")


def test_messages_that_wait_survive_a_restart_of_the_broker(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca")
    add_unit(folder)
    with Broker(folder) as broker:
        with unit_client(folder, broker, keep_session=True) as unit:
            unit.subscribe(unit_topic(UNIT, NOTICES))
        with hub_client(folder, broker) as hub:
            hub.publish(unit_topic(UNIT, NOTICES), b"call the desk")
            hub.publish(watchlist_topic(HUB), b"version 7", retain=True)
    with Broker(folder) as broker, unit_client(folder, broker, keep_session=True) as unit:
        assert unit.next() == (unit_topic(UNIT, NOTICES), b"call the desk")
        unit.subscribe(watchlist_topic(HUB))
        assert unit.next() == (watchlist_topic(HUB), b"version 7")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the broker as another user")
def test_broker_runs_and_reloads_as_a_plain_user(tmp_path: Path) -> None:
    folder = init(tmp_path / "mca")
    add_unit(folder)
    for path in [folder / "broker", *(folder / "broker").rglob("*")]:
        shutil.chown(path, 65534, 65534)
    with Broker(folder, user=65534) as broker, unit_client(folder, broker) as unit:
        broker.reload()
        assert not unit.publish(unit_topic(UNIT, HEALTH), b"hello").is_failure
