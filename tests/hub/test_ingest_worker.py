"""Several processes take in what units send: nothing lost, nothing doubled, also when one of them is killed."""

import signal
from pathlib import Path

import pytest

from protocol.envelope import MessageType, digest, open_envelope
from protocol.receipt import Receipt
from protocol.topics import UnitChannel, unit_topic
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import HUB, UNIT, HubProcess, HubSite, SimulatedUnit, WorkerProcess
from tests.support.mqtt_client import UnitClient

SIGHTINGS = unit_topic(UNIT, UnitChannel.SIGHTINGS)
RECEIPTS = unit_topic(UNIT, UnitChannel.RECEIPTS)
COUNT = 40


@pytest.fixture
def site(tmp_path: Path, hub_database: str | None) -> HubSite:
    return HubSite(tmp_path, database_url=hub_database)


def receipted(site: HubSite, unit: SimulatedUnit, mqtt: UnitClient) -> set[bytes]:
    """The digests of what the hub has given receipts for."""
    opened = (
        open_envelope(
            payload,
            recipient=unit.identity,
            find_sender=lambda name: site.hub if name == HUB else None,
            expected=MessageType.RECEIPT,
        )
        for payload in mqtt.heard(RECEIPTS)
    )
    return {Receipt.from_bytes(each.payload).envelope_digest for each in opened}


def test_worker_that_is_killed_loses_and_doubles_nothing(site: HubSite) -> None:
    unit = site.unit()
    envelopes = {digest(data): data for data in (unit.envelope(unit.sighting().to_bytes()) for _ in range(COUNT))}
    with (
        HubProcess(site) as hub,
        WorkerProcess(site, 1) as first,
        WorkerProcess(site, 2) as second,
        UnitClient(site.unit_folder(), UNIT, site.settings.broker_port) as mqtt,
    ):
        for data in envelopes.values():
            mqtt.say(SIGHTINGS, data)
        mqtt.wait_for(RECEIPTS, 1)
        first.kill()

        def send_again() -> bool:
            """As a unit does, until it has its receipts."""
            missing = envelopes.keys() - receipted(site, unit, mqtt)
            for one in missing:
                mqtt.say(SIGHTINGS, envelopes[one])
            return not missing

        wait_until(send_again)
        assert site.status()["sightings"] == COUNT
        assert second.stop() == 0
        assert hub.stop(signal.SIGTERM) == 0


def test_second_hub_stands_by_and_takes_over_when_the_first_is_killed(site: HubSite) -> None:
    with HubProcess(site) as first:
        second = HubProcess(site)
        try:
            second.wait_for("hub.stands-by")
            assert "hub.ready" not in second.log
            first.kill()
            second.wait_for("hub.ready")
        finally:
            assert second.stop() == 0


def test_hub_that_stands_by_ends_when_it_is_told_to(site: HubSite) -> None:
    with HubProcess(site):
        second = HubProcess(site)
        second.wait_for("hub.stands-by")
        assert second.stop() == 0


@pytest.mark.parametrize("hub_database", [None])
def test_worker_without_a_certificate_is_told_which_command_makes_it(site: HubSite) -> None:
    refused = site.run("ingest", "5")
    assert refused.returncode == 2
    assert "worker-5.crt" in refused.stderr
    assert "mca provision renew DIR --hub" in refused.stderr
    assert "Traceback" not in refused.stderr
