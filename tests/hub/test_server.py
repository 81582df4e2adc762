"""The running hub as a process, between a real broker, a unit, and an operator at a terminal."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3
from tuf.api.exceptions import DownloadError

from credentials.tls import client_context
from hub.ingest.model import SecondLook
from protocol.announcement import Announcement
from protocol.envelope import MessageType, digest, open_envelope
from protocol.health import Health
from protocol.keyring import Keyring
from protocol.receipt import Receipt
from protocol.topics import UnitChannel, unit_topic, watchlist_topic
from provisioning.registry import Reason
from provisioning.revocation import revoke_unit
from tests.hub.test_broker import mosquittos
from tests.support.broker import Broker
from tests.support.hub_simulator import wait_until
from tests.support.hub_site import HUB, OTHER_UNIT, UNIT, HubProcess, HubSite, SimulatedUnit
from tests.support.mqtt_client import UnitClient
from tests.support.packs import changed_pack
from tests.support.tuf_unit import HttpsFetcher, TufUnit

SIGHTINGS = unit_topic(UNIT, UnitChannel.SIGHTINGS)
RECEIPTS = unit_topic(UNIT, UnitChannel.RECEIPTS)
ANNOUNCEMENTS = watchlist_topic(HUB)


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@pytest.fixture
def tuf_unit(site: HubSite, tmp_path: Path) -> Iterator[TufUnit]:
    fetcher = HttpsFetcher(site.unit_folder())
    base = f"https://127.0.0.1:{site.settings.units_port}/watchlist"
    yield TufUnit(tmp_path / "tuf", site, fetcher, unit=site.unit().identity, base=base)
    fetcher.close()


def client(site: HubSite) -> UnitClient:
    return UnitClient(site.unit_folder(), UNIT, site.settings.broker_port)


def receipt(site: HubSite, unit: SimulatedUnit, payload: bytes) -> Receipt:
    opened = open_envelope(
        payload,
        recipient=unit.identity,
        find_sender=lambda name: site.hub if name == HUB else None,
        expected=MessageType.RECEIPT,
    )
    return Receipt.from_bytes(opened.payload)


def digests(site: HubSite, unit: SimulatedUnit, payloads: list[bytes]) -> set[bytes]:
    return {receipt(site, unit, payload).envelope_digest for payload in payloads}


def wait_for_version(mqtt: UnitClient, version: int) -> None:
    """Return when a timestamp of at least this version was announced."""
    count = 1
    while Announcement.from_bytes(mqtt.wait_for(ANNOUNCEMENTS, count)[-1]).timestamp_version < version:
        count = len(mqtt.heard(ANNOUNCEMENTS)) + 1


def test_case_that_an_operator_adds_beside_the_running_hub_reaches_the_unit(site: HubSite, tuf_unit: TufUnit) -> None:
    with HubProcess(site), client(site) as mqtt:
        wait_for_version(mqtt, 1)
        assert tuf_unit.cases() == set()
        case = site.add_case()
        wait_for_version(mqtt, 2)
        assert tuf_unit.cases() == {case}


def test_publication_by_the_command_is_announced_by_the_running_hub(site: HubSite, tuf_unit: TufUnit) -> None:
    with HubProcess(site), client(site) as mqtt:
        case = site.add_case()
        done = site.run("watchlist", "publish")
        assert done.returncode == 0, done.stderr
        assert "list version 2" in done.stdout
        wait_for_version(mqtt, 2)
        assert tuf_unit.cases() == {case}
        assert site.status()["list_version"] == 2


def test_sighting_is_receipted_and_counted_and_health_is_shown(site: HubSite) -> None:
    case = site.add_case()
    with site.services() as hub, hub.database.read() as connection:
        (photo,) = hub.cases.summary(connection, case).photos
    unit = site.unit()
    with HubProcess(site), client(site) as mqtt:
        found = unit.envelope(unit.sighting((case, photo)).to_bytes())
        nobody = unit.envelope(unit.sighting().to_bytes())
        mqtt.say(unit_topic(UNIT, UnitChannel.HEALTH), unit.envelope(_health(), MessageType.HEALTH))
        for envelope in (found, nobody, found):
            mqtt.say(SIGHTINGS, envelope)
        receipts = [receipt(site, unit, payload) for payload in mqtt.wait_for(RECEIPTS, 3)]
        assert [each.envelope_digest for each in receipts] == [digest(found), digest(nobody), digest(found)]
        status = site.status()
    assert {name: status[name] for name in ("sightings", "sightings_with_candidates", "reviews_open", "alerts")} == {
        "sightings": 2,
        "sightings_with_candidates": 1,
        "reviews_open": 1,
        "alerts": 0,
    }
    (row,) = status["units"]
    assert (row["unit"], row["list_version"], row["pending"]) == (UNIT, 7, 3)


def test_running_hub_looks_at_a_candidate_itself_and_makes_templates_of_its_pack(site: HubSite, tmp_path: Path) -> None:
    case = site.add_case()
    with site.services() as hub, hub.database.read() as connection:
        (photo,) = hub.cases.summary(connection, case).photos
    unit = site.unit()
    sent = unit.sighting((case, photo))
    changed = changed_pack(tmp_path / "pack")
    settings = {"MCA_HUB_PACK": str(changed.path), "MCA_HUB_UNCALIBRATED": "true"}
    with HubProcess(site, **settings), client(site) as mqtt, site.services() as hub:
        mqtt.say(SIGHTINGS, unit.envelope(sent.to_bytes()))
        mqtt.wait_for(RECEIPTS, 1)

        def look() -> SecondLook | None:
            with hub.database.read() as connection:
                return hub.sightings.finding(connection, sent.sighting_id, case).look

        found = wait_until(look)
        with hub.database.read() as connection:
            made = hub.cases.templates(connection, case, bytes.fromhex(changed.digest))
    assert found is not None
    assert found.enough
    assert [template.photo for template in made] == [photo]


def test_no_sighting_is_lost_though_the_hub_is_killed_again_and_again(site: HubSite) -> None:
    unit = site.unit()
    envelopes = {digest(data): data for data in (unit.envelope(unit.sighting().to_bytes()) for _ in range(60))}
    with Broker(site.folder), client(site) as mqtt:
        done = threading.Event()

        def say_all() -> None:
            for envelope in envelopes.values():
                mqtt.say(SIGHTINGS, envelope)
            done.set()

        def say_again_until(receipted: int) -> None:
            """Receipts that were under way when the hub died are gone: a unit sends again until it has each."""
            while len(known := digests(site, unit, mqtt.heard(RECEIPTS))) < receipted:
                heard = len(mqtt.heard(RECEIPTS))
                mqtt.say(SIGHTINGS, next(data for key, data in envelopes.items() if key not in known))
                mqtt.wait_for(RECEIPTS, heard + 1)

        # Once, so that its lasting session is there before anything is said.
        with HubProcess(site, "--broker", "external") as first:
            first.wait_for("broker.connected")
        speaker = threading.Thread(target=say_all)
        speaker.start()
        for expected in (5, 20, 40):
            with HubProcess(site, "--broker", "external") as hub:
                say_again_until(expected)
                hub.kill()
        with HubProcess(site, "--broker", "external"):
            speaker.join()
            assert done.is_set()
            say_again_until(60)
            assert site.status()["sightings"] == 60


def test_hub_comes_back_to_work_when_its_broker_does(site: HubSite) -> None:
    unit = site.unit()
    with Broker(site.folder) as broker, HubProcess(site, "--broker", "external") as hub:
        hub.wait_for("broker.connected")
        broker.kill()
        hub.wait_for("broker.disconnected")
        broker.start()
        hub.wait_for("broker.connected", times=2)
        with client(site) as mqtt:
            mqtt.say(SIGHTINGS, unit.envelope(unit.sighting().to_bytes()))
            mqtt.wait_for(RECEIPTS)
            wait_for_version(mqtt, 1)


def test_unit_provisioned_while_the_hub_runs_is_served_after_a_hangup(site: HubSite, tmp_path: Path) -> None:
    with HubProcess(site) as hub:
        site.add_unit(OTHER_UNIT)
        hub.signal(signal.SIGHUP)
        hub.wait_for("watchlist.published", times=2)
        fetcher = HttpsFetcher(site.unit_folder(OTHER_UNIT))
        base = f"https://127.0.0.1:{site.settings.units_port}/watchlist"
        unit = site.unit(OTHER_UNIT)
        assert TufUnit(tmp_path / "other", site, fetcher, unit=unit.identity, base=base).cases() == set()
        fetcher.close()
        topic = unit_topic(OTHER_UNIT, UnitChannel.SIGHTINGS)
        with UnitClient(site.unit_folder(OTHER_UNIT), OTHER_UNIT, site.settings.broker_port) as mqtt:
            mqtt.say(topic, unit.envelope(unit.sighting().to_bytes()))
            mqtt.wait_for(unit_topic(OTHER_UNIT, UnitChannel.RECEIPTS))


def test_revoked_unit_keeps_its_connection_or_fetches_the_list_again(site: HubSite) -> None:
    with HubProcess(site) as hub, client(site) as stolen:
        wait_for_version(stolen, 1)
        fetcher = HttpsFetcher(site.unit_folder())
        revoke_unit(site.folder, UNIT, reason=Reason.STOLEN, now=datetime.now(UTC))
        hub.signal(signal.SIGHUP)
        hub.wait_for("units.read")
        hub.wait_for("watchlist.published", times=2)
        stolen.wait_until_cut()
        (told,) = stolen.heard(unit_topic(UNIT, UnitChannel.KEYRINGS))
        opened = open_envelope(
            told, recipient=site.unit().identity, find_sender=lambda _: site.hub, expected=MessageType.KEYRING
        )
        assert Keyring.from_bytes(opened.payload).keys == ()
        with pytest.raises(DownloadError) as refused:
            fetcher.download_bytes(
                f"https://127.0.0.1:{site.settings.units_port}/watchlist/metadata/timestamp.json", 100_000
            )
        # Not an answer of the server: the handshake itself.
        assert isinstance(refused.value.__cause__, urllib3.exceptions.HTTPError)
        fetcher.close()


def test_damaged_file_of_a_unit_does_not_stop_a_hub_that_runs(site: HubSite) -> None:
    unit = site.unit()
    with HubProcess(site) as hub, client(site) as mqtt:
        (site.folder / "hub" / "units" / "broken.json").write_text("{")
        hub.signal(signal.SIGHUP)
        hub.wait_for("units.not-read")
        mqtt.say(SIGHTINGS, unit.envelope(unit.sighting().to_bytes()))
        mqtt.wait_for(RECEIPTS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_hub_ends_in_order_when_told(site: HubSite, number: signal.Signals) -> None:
    with HubProcess(site) as hub:
        assert hub.stop(number) == 0
    assert "hub.stopped" in hub.log
    assert "hub.worker-hangs" not in hub.log


def test_ctrl_c_in_a_terminal_ends_the_hub_before_its_broker(site: HubSite) -> None:
    with HubProcess(site) as hub:
        # A terminal signals every process of the group in the foreground: the broker must not be in it.
        groups = {os.getpgid(process) for process in mosquittos(site)}
        assert len(groups) == 1
        assert os.getpgid(hub.pid) not in groups
        assert hub.stop(signal.SIGINT) == 0
    assert hub.log.index("broker.disconnected") < hub.log.index("hub.stopped")
    assert "Normal disconnection" in hub.log


def test_broker_that_cannot_be_kept_up_takes_the_hub_down_with_its_words(site: HubSite) -> None:
    with Broker(site.folder):
        (site.folder / "broker" / "server.key").unlink()
        process = HubProcess(site)
        assert process.wait() == 2
    assert "mca: The broker does not stay up" in process.log


def test_port_that_is_taken_is_one_clear_line(site: HubSite) -> None:
    with socket.create_server(("127.0.0.1", site.settings.console_port)):
        refused = site.run("serve")
    assert refused.returncode == 2
    assert f"Nobody can listen on 127.0.0.1:{site.settings.console_port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_console_answers_over_tls_to_browsers_without_a_certificate(site: HubSite) -> None:
    tls = site.unit_folder() / "tls"
    context = client_context(authority=tls / "ca.crt", certificate=tls / "unit.crt", key=tls / "unit.key")
    with HubProcess(site):
        pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=60)
        with pool:
            answer = pool.request("GET", f"{site.settings.console_url}/sign-in")
            assert answer.status == 200
            assert b"<form" in answer.data


def test_log_of_a_working_day_holds_no_reference_and_no_key(site: HubSite) -> None:
    unit = site.unit()
    with HubProcess(site) as hub, client(site) as mqtt:
        site.add_case("GD 4711/2026")
        wait_for_version(mqtt, 2)
        sighting = unit.sighting(basis_reference="consent of the uncle")
        mqtt.say(SIGHTINGS, unit.envelope(sighting.to_bytes()))
        mqtt.say(SIGHTINGS, b"rubbish")
        mqtt.wait_for(RECEIPTS)
    secrets = [path.read_text().strip() for path in (site.folder / "hub").glob("*.key")]
    for secret in (*secrets, "4711", "uncle", sighting.reference):
        assert secret not in hub.log


def _health() -> bytes:
    return Health(1, 7, 900, 2, 3, bytes(32), "0.1.0").to_bytes()
