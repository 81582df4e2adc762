"""The moment between a commit and its receipt, in which the power goes: nothing is lost, and nothing doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.envelope import MessageType, digest, open_envelope
from protocol.receipt import Receipt, Verdict
from protocol.topics import UnitChannel, unit_topic
from tests.chaos.link import Link, NetworkThread, Send, Silent
from tests.support.broker import Broker, free_port
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import HUB, UNIT, HubProcess, HubSite
from tests.support.mqtt_client import UnitClient

SIGHTINGS = unit_topic(UNIT, UnitChannel.SIGHTINGS)
RECEIPTS = unit_topic(UNIT, UnitChannel.RECEIPTS)


class Counted:
    """Everything arrives, and is counted."""

    def __init__(self) -> None:
        self.carried = 0

    async def carry(self, chunk: bytes, send: Send) -> bool:
        await send(chunk)
        self.carried += len(chunk)
        return True


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, database_url=hub_database)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def link(site: HubSite, port: int) -> Iterator[Link]:
    """The hub's way to its broker."""
    network = NetworkThread()
    link = Link(network, port, site.settings.broker_port)
    yield link
    link.close()
    network.close()


def test_hub_that_is_killed_between_commit_and_receipt_answers_the_repetition_and_doubles_nothing(
    site: HubSite, link: Link, port: int
) -> None:
    unit = site.unit()
    envelopes = [unit.envelope(unit.sighting().to_bytes()) for _ in range(4)]
    through = {"MCA_HUB_BROKER_PORT": str(port)}
    counted = Counted()
    with (
        Broker(site.folder),
        site.services() as hub,
        UnitClient(site.unit_folder(), UNIT, site.settings.broker_port) as mqtt,
    ):

        def sightings() -> int:
            with hub.database.read() as connection:
                return hub.sightings.counts(connection).sightings

        with HubProcess(site, "--broker", "external", **through) as first:
            first.wait_for("broker.connected")
            link.turn(lambda: counted)
            with hub.database.begin():  # The hub's own transaction waits for this one.
                for envelope in envelopes:
                    mqtt.say(SIGHTINGS, envelope)
                # All but the last have surely come whole by then.
                wait_until(lambda: counted.carried >= sum(map(len, envelopes)))
                link.turn(Silent)
            wait_until(lambda: sightings() >= len(envelopes) - 1)
            first.kill()
        assert mqtt.heard(RECEIPTS) == []
        link.heal()
        with HubProcess(site, "--broker", "external", **through):
            for envelope in envelopes:
                mqtt.say(SIGHTINGS, envelope)
            # Once for the unit's repetition, and once for the broker's own, which was not acknowledged either.
            opened = [
                open_envelope(
                    payload,
                    recipient=unit.identity,
                    find_sender=lambda name: site.hub if name == HUB else None,
                    expected=MessageType.RECEIPT,
                )
                for payload in mqtt.wait_for(RECEIPTS, 2 * len(envelopes))
            ]
    receipts = [Receipt.from_bytes(each.payload) for each in opened]
    assert {receipt.envelope_digest for receipt in receipts} == set(map(digest, envelopes))
    assert {receipt.verdict for receipt in receipts} == {Verdict.COMMITTED}
    assert len(set(receipts)) == len(envelopes)  # Each time the same.
    assert site.status()["sightings"] == len(envelopes)
