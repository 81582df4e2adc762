"""The agent as a process, at a real broker, beside a simulated hub."""

import resource
import signal
from dataclasses import replace

import pytest

from edge_agent.link.wake import wake_agent
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import DAY, HOUR
from models.recogniser import Recogniser
from protocol.envelope import digest
from protocol.health import Alarm
from protocol.ids import HubId
from protocol.staff import StaffId
from protocol.topics import UnitChannel, unit_topic, watchlist_topic
from tests.edge_agent.lists import OBAMA, SAMPLES
from tests.edge_agent.site import MISSING, SITE, UNIT, Site, limit_files, synchronise, take
from tests.support.broker import Broker
from tests.support.hub_simulator import PATIENCE, HubPeer, now_ms, wait_until

QUICK = {"MCA_EDGE_RESEND_AFTER_SECONDS": "0.3", "MCA_EDGE_HEARTBEAT_SECONDS": "1"}


@pytest.fixture
def ready(listed: Site, recogniser: Recogniser) -> Site:
    """The site with its list synchronised and one intake in the outbox."""
    with listed.open() as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
    return listed


def intake(site: Site, recogniser: Recogniser, photo: str) -> None:
    """What `mca edge intake` does, without the start of a process."""
    with site.open() as unit:
        take(unit, recogniser, photo)
        wake_agent(site.data)


def test_sighting_travels_and_its_receipt_empties_the_outbox(
    ready: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    with ready.start("run") as agent:
        agent.wait_for("receipt.accepted")
        assert agent.stop() == 0
    (heard,) = peer.sightings
    assert [candidate.case for candidate in heard.sighting.candidates] == [OBAMA]
    assert (heard.sighting.unit, heard.sighting.site, heard.sighting.list_version) == (UNIT, SITE, 1)
    assert heard.sighting.pack_digest == bytes.fromhex(recogniser.pack.digest)
    status = ready.status()
    assert (status["pending"], status["receipts"]) == (0, 1)
    assert not [event for event in agent.log if event["event"] in {"not-json", "message.rejected"}], agent.log


def test_intake_of_another_process_wakes_the_agent_at_once(ready: Site, peer: HubPeer) -> None:
    with ready.start("run") as agent:
        agent.wait_for("receipt.accepted")
        assert ready.intake(SAMPLES / "biden.jpg").returncode == 0
        # The timer that would find it without the tap runs for 30 s.
        wait_until(lambda: len(peer.sightings) == 2, seconds=25)
        agent.wait_for("receipt.accepted", times=2)


def test_intakes_made_without_network_arrive_oldest_first(ready: Site, broker: Broker, recogniser: Recogniser) -> None:
    broker.stop()
    with ready.start("run") as agent:
        agent.wait_for("link.unreachable")
        for _ in range(2):
            intake(ready, recogniser, "biden.jpg")
        broker.start()
        with ready.hub.peer(broker.port) as peer:
            agent.wait_for("receipt.accepted", times=3)
            numbers = [heard.header.sequence for heard in peer.sightings]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)


def test_sighting_without_a_receipt_is_sent_again_with_the_same_bytes(ready: Site, peer: HubPeer) -> None:
    peer.answering = False
    with ready.start("run", changes=QUICK) as agent:
        wait_until(lambda: len(peer.sightings) >= 3)
        assert len({digest(heard.envelope) for heard in peer.sightings}) == 1
        assert not agent.events("receipt.accepted")
        peer.answering = True
        peer.send_receipt(peer.sightings[0])
        agent.wait_for("receipt.accepted")
    assert ready.status()["pending"] == 0


def test_copies_for_a_hub_that_is_away_expire_at_the_broker_and_the_outbox_sends_again(
    ready: Site, broker: Broker
) -> None:
    with ready.hub.peer(broker.port):
        pass  # The broker keeps messages for the hub from here on.
    with ready.start("run", changes=QUICK) as agent:
        # Each copy lives until the next is due: of five, the first three have ended for certain.
        agent.wait_for("sighting.sent", times=5)
        with ready.hub.peer(broker.port) as peer:
            agent.wait_for("receipt.accepted")
            heard = len(peer.sightings)
        assert 1 <= heard <= len(agent.events("sighting.sent")) - 3
    assert ready.status()["pending"] == 0


def test_false_receipts_are_rejected_logged_and_change_nothing(ready: Site, peer: HubPeer) -> None:
    peer.answering = False
    with ready.start("run") as agent:
        # It is sent again while it has no receipt.
        heard = wait_until(lambda: list(peer.sightings))[0]
        peer.send_receipt(heard, envelope_digest=digest(b"other bytes"))
        peer.send(unit_topic(UNIT, UnitChannel.RECEIPTS), b"not an envelope")
        agent.wait_for("message.rejected", times=2)
        assert ready.status()["pending"] == 1
        peer.send_receipt(heard)
        agent.wait_for("receipt.accepted")


def test_notice_is_stored_and_nothing_shows_or_logs_it(ready: Site, peer: HubPeer) -> None:
    with ready.start("run") as agent:
        for quiet in ("receipt.accepted", "watchlist.synced", "time.set"):
            agent.wait_for(quiet)
        before = ready.status()
        logged, rejected = len(agent.log), len(agent.events("message.rejected"))
        envelope = peer.send_notice(peer.sightings[0])
        peer.send(unit_topic(UNIT, UnitChannel.RECEIPTS), b"a message after it")
        agent.wait_for("message.rejected", times=rejected + 1)
        assert [event["event"] for event in agent.log[logged:]] == ["message.rejected"]
        assert ready.status() == before
    with ready.open() as unit, unit.database.reading() as tables:
        (row,) = tables.table("notices").rows
        assert row["digest"] == digest(envelope)
        (shown,) = unit.notices.shown_to(StaffId("00" * 8))
        assert shown.notice.reference == peer.sightings[0].sighting.reference


def test_announcement_brings_the_new_list_and_health_says_so(ready: Site, peer: HubPeer) -> None:
    with ready.start("run") as agent:
        agent.wait_for("watchlist.synced")
        ready.hub.repository.delta(MISSING, removals=[OBAMA])
        ready.hub.publish()
        peer.announce()
        report = wait_until(lambda: next((each for each in peer.health if each.list_version == 2), None))
    assert report.entries == 1
    assert report.software.startswith("mca ")


def test_announcement_that_is_retained_is_heard_after_a_start(ready: Site, peer: HubPeer) -> None:
    ready.hub.repository.delta(MISSING, removals=[OBAMA])
    ready.hub.publish()
    peer.announce()
    with ready.start("run"):
        wait_until(lambda: any(each.list_version == 2 for each in peer.health))


def test_forged_announcement_costs_one_look_and_changes_nothing(ready: Site, peer: HubPeer) -> None:
    with ready.start("run") as agent:
        agent.wait_for("watchlist.synced")
        peer.send(watchlist_topic(HubId("bd")), b"\xff nonsense", retain=True)
        agent.wait_for("message.rejected")
    assert ready.status()["list_version"] == 1


def test_list_installed_by_another_process_is_taken_over(ready: Site, peer: HubPeer) -> None:
    with ready.start("run") as agent:
        agent.wait_for("watchlist.synced")
        ready.hub.repository.delta(MISSING, removals=[OBAMA])
        ready.hub.publish()
        with ready.open() as unit:
            synchronise(unit)
        wake_agent(ready.data)
        wait_until(lambda: any(each.list_version == 2 for each in peer.health))


def test_failing_synchronisation_is_said_and_does_not_hold_sightings_up(ready: Site, peer: HubPeer) -> None:
    ready.hub.server.mischief.down = True
    with ready.start("run") as agent:
        agent.wait_for("watchlist.sync_failed")
        agent.wait_for("receipt.accepted")
        ready.hub.server.mischief.down = False
        agent.wait_for("watchlist.synced")


def test_heartbeat_goes_on_with_rising_numbers(ready: Site, peer: HubPeer) -> None:
    with ready.start("run", changes=QUICK):
        wait_until(lambda: len(peer.health) >= 3)
    assert peer.health[-1].pending == 0
    assert [each.sent_at for each in peer.health] == sorted(each.sent_at for each in peer.health)


def test_second_agent_is_refused(ready: Site) -> None:
    with ready.start("run") as agent:
        agent.wait_for("edge.ready")
        second = ready.run("run")
    assert second.returncode == 2
    assert "already running" in second.stderr


def test_agent_starts_without_any_list(site: Site, peer: HubPeer) -> None:
    with site.start("run") as agent:
        agent.wait_for("edge.ready")
        report = wait_until(lambda: next(iter(peer.health), None))
        assert agent.stop() == 0
    assert (report.list_version, report.list_published_at, report.entries) == (0, 0, 0)


def test_broker_that_lost_everything_gets_everything_again(ready: Site, broker: Broker) -> None:
    with ready.start("run") as agent:
        # Nobody hears it, and the broker forgets it was sent.
        agent.wait_for("sighting.sent")
        broker.kill()
        for path in (ready.folder / "broker" / "data").iterdir():
            path.unlink()
        broker.start()
        with ready.hub.peer(broker.port) as peer:
            agent.wait_for("receipt.accepted")
    assert len({heard.sighting.sighting_id for heard in peer.sightings}) == 1


def test_receipt_that_a_full_disk_could_not_take_comes_again(ready: Site, peer: HubPeer) -> None:
    peer.answering = False
    with ready.start("run", changes=QUICK) as agent:
        (heard, *_) = wait_until(lambda: list(peer.sightings))
        limit_files(0, agent.process.pid)
        peer.send_receipt(heard)
        agent.wait_for("edge.unavailable")
        assert not agent.events("receipt.accepted")
        limit_files(resource.RLIM_INFINITY, agent.process.pid)
        agent.wait_for("receipt.accepted")
        assert agent.stop() == 0
    assert (ready.status()["pending"], ready.status()["receipts"]) == (0, 1)


def test_sighting_that_the_hub_refuses_for_good_leaves_the_outbox_with_a_word(ready: Site, peer: HubPeer) -> None:
    peer.refusing = True
    with ready.start("run") as agent:
        agent.wait_for("message.refused_for_good")
        # The log says no reason: some would tell that there was a candidate.
        assert set(agent.events("message.refused_for_good")[0]) <= {"event", "level", "timestamp", "sequence"}
    with ready.open() as unit:
        assert (unit.outbox.counts().pending, unit.outbox.counts().refused) == (0, 1)


def test_candidate_in_a_backlog_goes_before_the_older_ones(
    listed: Site, broker: Broker, recogniser: Recogniser
) -> None:
    with listed.open() as unit:
        synchronise(unit)
        for photo in ("biden.jpg",) * 9 + ("obama2.jpg",):
            take(unit, recogniser, photo)
    with listed.hub.peer(broker.port) as peer, listed.start("run") as agent:
        agent.wait_for("receipt.accepted", times=10)
        first = peer.sightings[0]
        others = [heard.header.sequence for heard in peer.sightings[1:]]
    assert (first.header.sequence, len(first.sighting.candidates)) == (10, 1)
    assert others == sorted(others)
    assert len({len(heard.envelope) for heard in peer.sightings}) == 1
    # Nor does the unit's own log say which of them went first.
    for name in ("sighting.sent", "receipt.accepted"):
        assert all(set(event) <= {"event", "level", "timestamp"} for event in agent.events(name))


def test_unit_in_1970_learns_the_time_from_its_hub_and_says_how_sure_it_was(
    listed: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    in_ten_days = now_ms() + 10 * DAY
    peer.clock = lambda: in_ten_days
    with listed.open() as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
    with listed.start("run") as agent:
        agent.wait_for("time.set")
        agent.wait_for("receipt.accepted")
    assert peer.sightings[0].sighting.captured.latest is None
    assert peer.health[0].clock_error is None
    assert str(Alarm.CLOCK_UNSET) in peer.health[0].alarms
    # Another process of the same unit knows it too, whatever the machine's clock says.
    with listed.open() as unit:
        take(unit, recogniser, "obama2.jpg")
        now = unit.clock.moment()
    assert now.latest is not None
    assert abs(now.at - in_ten_days) < HOUR


def test_unit_that_vanishes_or_is_switched_off_is_missed_by_its_hub(ready: Site, peer: HubPeer) -> None:
    for end in (signal.SIGKILL, signal.SIGTERM):
        peer.gone.clear()
        with ready.start("run") as agent:
            agent.wait_for("link.connected")
            agent.process.send_signal(end)
            agent.process.wait(60 * PATIENCE)
        assert wait_until(lambda: peer.gone) == [UNIT]


def test_intake_past_its_retention_becomes_a_loss_record_that_reaches_the_hub(
    listed: Site, broker: Broker, recogniser: Recogniser
) -> None:
    with listed.open() as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
    with listed.hub.peer(broker.port) as peer:
        peer.answering = False
        with listed.start("run", changes=QUICK) as agent:
            agent.wait_for("time.set")
            wait_until(lambda: peer.sightings)
        # Its receipt never came, and a year is over: the hub says so from hour to hour. What it said a year ago
        # agrees with nothing but a moment of then; the two answers after that agree with each other.
        for hours in (0, 1, 2):
            peer.clock = lambda: now_ms() + 365 * DAY + hours * HOUR  # noqa: B023 - it is over before the next
            with listed.open() as unit:
                store = TimeStore(unit.database)
                store.keep(replace(store.read(), agreed=store.read().agreed.after(min(hours, 1) * HOUR)))
            with listed.start("run", changes=QUICK) as agent:
                agent.wait_for("time.set")
        with listed.start("run", changes=QUICK) as agent:
            agent.wait_for("outbox.erased")
            (lost,) = wait_until(lambda: peer.losses)[0].messages
            wait_until(lambda: listed.status()["pending"] == 0)
    assert lost.sequence == 1
    assert lost.sighting_id == peer.sightings[0].sighting.sighting_id
    assert lost.reference == peer.sightings[0].sighting.reference
