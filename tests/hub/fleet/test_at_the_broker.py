"""What a running hub does with a unit's reports, loss records and last will, at a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.audit.service import AuditAction, entries
from hub.fleet.service import UnitState
from protocol.envelope import MessageType, digest, open_envelope
from protocol.health import Health, OutboxState
from protocol.ids import SightingId
from protocol.losses import Losses, LossReason, LostMessage
from protocol.moment import Moment
from protocol.receipt import Receipt, Verdict
from protocol.signed_time import SignedTime
from protocol.topics import UnitChannel, unit_topic
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import UNIT, HubProcess, HubSite
from tests.support.mqtt_client import UnitClient

CHALLENGE = bytes(range(16))


def topic(channel: UnitChannel) -> str:
    return unit_topic(UNIT, channel)


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@pytest.fixture
def client(site: HubSite) -> Iterator[UnitClient]:
    with (
        HubProcess(site) as hub,
        UnitClient(site.unit_folder(), UNIT, site.settings.broker_port) as client,
    ):
        hub.wait_for("hub.ready")
        yield client


def state(site: HubSite) -> UnitState:
    with site.services() as hub, hub.database.read() as connection:
        return hub.fleet.states(connection)[0]


def test_unit_learns_the_time_accounts_for_a_loss_and_is_missed(site: HubSite, client: UnitClient) -> None:
    unit = site.unit()

    def opened(envelope: bytes, kind: MessageType) -> bytes:
        return open_envelope(envelope, recipient=unit.identity, find_sender=lambda _: site.hub, expected=kind).payload

    report = Health(1, 7, 900, 2, 3, bytes(32), "0.1.0", outbox=OutboxState(last_sequence=4), challenge=CHALLENGE)
    client.say(topic(UnitChannel.HEALTH), unit.envelope(report.to_bytes(), MessageType.HEALTH, sequence=1))
    (answer,) = client.wait_for(topic(UnitChannel.TIME))
    time = SignedTime.from_bytes(opened(answer, MessageType.TIME))
    assert (time.challenge, time.next_sequence) == (CHALLENGE, 1)

    lost = LostMessage(3, SightingId("0" * 32), "7Q2M-FX4K", Moment(5, 4, None), LossReason.RETENTION)
    envelope = unit.envelope(Losses((lost,)).to_bytes(), MessageType.LOSS, sequence=4)
    client.say(topic(UnitChannel.LOSSES), envelope)
    (receipt,) = client.wait_for(topic(UnitChannel.RECEIPTS))
    committed = Receipt.from_bytes(opened(receipt, MessageType.RECEIPT))
    assert (committed.envelope_digest, committed.verdict) == (digest(envelope), Verdict.COMMITTED)
    assert state(site).delivery.missing == (range(1, 3),)
    with site.services() as hub, hub.database.read() as connection:
        assert [entry.subject for entry in entries(connection) if entry.action is AuditAction.MESSAGE_LOST] == [
            "0" * 32
        ]

    client.say(topic(UnitChannel.PRESENCE), b"")
    wait_until(lambda: (health := state(site).health) is not None and health.gone_at)
