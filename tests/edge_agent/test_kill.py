"""kill -9 of real processes between any two steps: nothing lost, nothing doubled, and the next start just goes on."""

import random
import time
from collections import Counter

import pytest

from edge_agent.sightings.outbox import Counts
from edge_agent.watchlist.store import NeverSyncedError
from models.recogniser import Recogniser
from protocol.envelope import digest
from tests.edge_agent.lists import OBAMA, SAMPLES
from tests.edge_agent.site import BEST_INTERESTS, MISSING, EdgeProcess, Site, synchronise, take
from tests.support.hub_simulator import HubPeer, wait_until

FACTS = (*BEST_INTERESTS, "--age-band", "18+", "--sex", "male")


@pytest.fixture
def ready(listed: Site) -> Site:
    with listed.open() as unit:
        synchronise(unit)
    return listed


def kill(process: EdgeProcess) -> None:
    process.process.kill()
    process.process.wait(60)


def counts(site: Site) -> Counts:
    with site.open() as unit:
        return unit.outbox.counts()


def drain(site: Site, peer: HubPeer, *, receipts: int) -> None:
    """Let an agent run until everything has its receipt."""
    with site.start("run") as agent:
        agent.wait_for("edge.ready")
        wait_until(lambda: counts(site) == Counts(0, receipts), seconds=60)
        assert agent.stop() == 0


def require_each_once(peer: HubPeer, wanted: int) -> None:
    """The hub knows so many sightings, each under one number and by one sequence of bytes, however often it came."""
    by_id = {heard.sighting.sighting_id: (heard.header.sequence, digest(heard.envelope)) for heard in peer.sightings}
    assert len(by_id) == wanted
    assert len(set(by_id.values())) == wanted
    for heard in peer.sightings:
        assert by_id[heard.sighting.sighting_id] == (heard.header.sequence, digest(heard.envelope))


@pytest.mark.parametrize("moment", ["intake.started", "intake.captured", "sighting.persisted"])
def test_intake_killed_at_a_step_is_whole_or_absent(ready: Site, peer: HubPeer, moment: str) -> None:
    with ready.start("intake", "--photo", str(SAMPLES / "obama2.jpg"), *FACTS) as intake:
        intake.wait_for(moment)
        kill(intake)
        reached = bool(intake.events("sighting.persisted"))
    kept = counts(ready)
    assert kept.receipts == 0
    assert kept.pending in ({1} if reached else {0, 1})
    drain(ready, peer, receipts=kept.pending)
    require_each_once(peer, kept.pending)


def test_intakes_killed_at_random_moments_are_whole_or_absent(
    ready: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    source = random.Random(7)
    for _ in range(4):
        with ready.start("intake", "--photo", str(SAMPLES / "biden.jpg"), *FACTS) as intake:
            intake.wait_for("intake.started")
            time.sleep(source.uniform(0, 0.06))
            kill(intake)
    kept = counts(ready).pending
    assert 0 <= kept <= 4
    drain(ready, peer, receipts=kept)
    require_each_once(peer, kept)


def test_agent_killed_before_the_receipt_sends_the_same_bytes_again(
    ready: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    with ready.open() as unit:
        take(unit, recogniser, "obama2.jpg")
    peer.answering = False
    with ready.start("run") as agent:
        wait_until(lambda: peer.sightings)
        kill(agent)
    assert counts(ready) == Counts(pending=1, receipts=0)
    peer.answering = True
    drain(ready, peer, receipts=1)
    assert len(peer.sightings) >= 2
    require_each_once(peer, 1)


def test_receipt_that_came_while_the_agent_was_dead_is_taken_at_the_next_start(
    ready: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    with ready.open() as unit:
        take(unit, recogniser, "obama2.jpg")
    peer.answering = False
    with ready.start("run") as agent:
        (heard,) = wait_until(lambda: list(peer.sightings))
        kill(agent)
    peer.send_receipt(heard)
    # The hub says nothing more: the receipt that waited at the broker must do.
    drain(ready, peer, receipts=1)


def test_agent_killed_after_the_receipt_sends_nothing_again(ready: Site, peer: HubPeer, recogniser: Recogniser) -> None:
    with ready.open() as unit:
        take(unit, recogniser, "obama2.jpg")
    with ready.start("run") as agent:
        agent.wait_for("receipt.accepted")
        kill(agent)
    heard = len(peer.sightings)
    with ready.start("run") as agent:
        agent.wait_for("watchlist.synced")
        agent.wait_for("link.connected")
        assert agent.stop() == 0
    assert len(peer.sightings) == heard
    assert counts(ready) == Counts(pending=0, receipts=1)


def test_notice_that_came_while_the_agent_was_dead_is_kept_once(
    ready: Site, peer: HubPeer, recogniser: Recogniser
) -> None:
    with ready.open() as unit:
        take(unit, recogniser, "obama2.jpg")
    with ready.start("run") as agent:
        agent.wait_for("receipt.accepted")
        kill(agent)
    envelope = peer.send_notice(peer.sightings[0])

    def kept() -> list[bytes]:
        with ready.open() as unit, unit.database.reading() as tables:
            return [row["digest"] for row in tables.table("notices").rows]

    with ready.start("run") as agent:
        wait_until(kept)
        kill(agent)
    with ready.start("run") as agent:
        agent.wait_for("link.connected")
        assert agent.stop() == 0
    assert kept() == [digest(envelope)]


@pytest.mark.parametrize("asked_for", ["timestamp.json", ".keyring", ".segment", "after the last byte"])
def test_synchronisation_killed_at_a_step_leaves_the_old_list_or_the_new(listed: Site, asked_for: str) -> None:
    server = listed.hub.server
    with listed.start("sync") as sync:
        if asked_for == "after the last byte":
            sync.wait_for("watchlist.synced")
        else:
            wait_until(lambda: server.fetched(asked_for))
        kill(sync)
    with listed.open() as unit:
        try:
            assert unit.loader.load_installed().installed.list_version == 1
        except NeverSyncedError:
            assert asked_for != "after the last byte"
        listed.hub.repository.delta(MISSING, removals=[OBAMA])
        listed.hub.publish()
        assert synchronise(unit).installed.list_version == 2
        assert unit.store.installed() == unit.loader.load_installed().installed


def test_many_agents_killed_in_turn_lose_and_double_nothing(ready: Site, peer: HubPeer, recogniser: Recogniser) -> None:
    source = random.Random(11)
    with ready.open() as unit:
        for number in range(12):
            take(unit, recogniser, "biden.jpg" if number % 3 else "obama3.jpg")
    for _ in range(3):
        with ready.start("run") as agent:
            agent.wait_for("link.connected")
            time.sleep(source.uniform(0, 0.15))
            kill(agent)
    drain(ready, peer, receipts=12)
    require_each_once(peer, 12)
    assert Counter(bool(heard.sighting.candidates) for heard in peer.sightings)[True] >= 4
