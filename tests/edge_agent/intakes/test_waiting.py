"""Intakes without a list that may be used: received all the same, compared once, never lost in silence."""

from dataclasses import replace

import pytest

from edge_agent.bootstrap import Unit, build_desk
from edge_agent.database import DatabaseUnavailableError
from edge_agent.intakes.store import IntakeCounts
from edge_agent.intakes.taken import read_taken
from edge_agent.sightings.outbox import OutboxFullError
from edge_agent.sightings.retention import Retention
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import DAY
from edge_agent.watchlist.store import LeaseEndedError
from models.recogniser import Recogniser
from models.template import template_of
from protocol import cbor
from protocol.losses import LossReason
from protocol.moment import Moment
from tests.edge_agent.intakes.desk import age_all, desk_of, losses, sightings, take
from tests.edge_agent.lists import OBAMA
from tests.edge_agent.site import Site, synchronise
from tests.support.full_disk import files_of_at_most


def waiting(unit: Unit) -> int:
    return unit.intakes.counts().waiting


def test_intake_without_a_list_is_compared_when_there_is_one_with_its_own_time_and_face(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    received = take(unit, recogniser, "obama2.jpg")
    assert (waiting(unit), sightings(listed, unit)) == (1, [])
    before = unit.clock.now()
    synchronise(unit)
    build_desk(unit).settle(unit.loader.load_installed())
    (sighting,) = sightings(listed, unit)
    assert [candidate.case for candidate in sighting.candidates] == [OBAMA]
    assert sighting.reference == received.reference
    assert sighting.captured.at <= before
    assert sighting.face is not None
    assert not sighting.retrospective
    assert waiting(unit) == 0


def test_intake_of_an_unlisted_person_waits_and_is_told_without_a_face(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    take(unit, recogniser, "biden.jpg")
    synchronise(unit)
    build_desk(unit).settle(unit.loader.load_installed())
    (sighting,) = sightings(listed, unit)
    assert (sighting.candidates, sighting.face) == ((), None)


def test_list_that_is_too_old_compares_nobody_until_it_is_fresh(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    synchronise(unit)
    watchlist, too_old = unit.loader.load_installed(), desk_of(unit, stop_after=-1)
    take(unit, recogniser, "obama2.jpg", desk=too_old)
    too_old.settle(watchlist)
    assert (waiting(unit), sightings(listed, unit)) == (1, [])
    desk_of(unit, stop_after=10_000_000).settle(watchlist)
    assert (waiting(unit), len(sightings(listed, unit))) == (0, 1)


def test_list_whose_lease_ended_compares_nobody(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    synchronise(unit)
    watchlist = unit.loader.load_installed()
    take(unit, recogniser, "obama2.jpg", desk=desk_of(unit, stop_after=-1))
    build_desk(unit).settle(replace(watchlist, installed=replace(watchlist.installed, lease_end=1)))
    assert waiting(unit) == 1


def test_intake_is_compared_once_however_often_the_disk_fails(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    take(unit, recogniser, "obama2.jpg")
    synchronise(unit)
    watchlist, desk = unit.loader.load_installed(), build_desk(unit)
    with files_of_at_most(60_000), pytest.raises(DatabaseUnavailableError):
        desk.settle(watchlist)
    assert (waiting(unit), sightings(listed, unit)) == (1, [])
    for _ in range(2):
        desk.settle(watchlist)
    assert (waiting(unit), len(sightings(listed, unit))) == (0, 1)


def test_intake_that_waits_while_the_pack_changes_is_embedded_anew_from_its_face(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    take(unit, recogniser, "obama2.jpg")
    content = unit.intakes.content("waiting", 1)
    assert content is not None
    taken = read_taken(content)
    assert taken.template is not None
    other = template_of(taken.template.vector[::-1], "ab" * 32)
    with unit.database.transaction() as tables:
        changed = replace(taken, template=other, pack_digest="ab" * 32)
        unit.intakes.replace(tables, "waiting", 1, cbor.encode(changed.to_value()))
    synchronise(unit)
    build_desk(unit).settle(unit.loader.load_installed())
    (sighting,) = sightings(listed, unit)
    assert [candidate.case for candidate in sighting.candidates] == [OBAMA]
    assert sighting.pack_digest.hex() == unit.pack.digest


def test_intake_whose_time_ended_is_erased_and_the_hub_is_told_which(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    references = [take(unit, recogniser, photo).reference for photo in ("obama2.jpg", "biden.jpg")]
    age_all(unit, "waiting")
    build_desk(unit).settle(None)
    assert unit.intakes.counts() == IntakeCounts(waiting=0, waiting_bytes=0, kept=0, expired=2)
    (lost,) = losses(listed, unit)
    assert [message.reference for message in lost.messages] == references
    assert {message.reason for message in lost.messages} == {LossReason.RETENTION}
    assert [message.sequence for message in lost.messages] == [1, 2]
    assert listed.status()["expired"] == 2


def test_hub_whose_clock_is_months_ahead_for_a_second_costs_an_intake(
    listed: Site, unit: Unit, recogniser: Recogniser
) -> None:
    said = unit.clock.now()
    unit.clock.synchronise(said, unit.clock.uptime())
    synchronise(unit)
    for desk in (desk_of(unit), desk_of(unit, stop_after=-1)):
        take(unit, recogniser, "obama2.jpg", desk=desk)
    # Seed 77, cycle 28 of a campaign: first a receipt, then an answer.
    unit.clock.not_before(said + 296 * DAY)
    unit.clock.synchronise(said + 296 * DAY, unit.clock.uptime())
    with pytest.raises(LeaseEndedError):
        unit.loader.load_installed()
    sealer = HubSealer(unit.identity, unit.hub, unit.clock.now)
    Retention(unit.outbox, unit.notices, sealer, unit.clock.destroyable_before, unit.database.scrub).erase_expired()
    desk_of(unit).settle(None)
    assert (waiting(unit), len(sightings(listed, unit)), losses(listed, unit)) == (1, 1, [])
    unit.clock.synchronise(said, unit.clock.uptime())
    desk_of(unit).settle(unit.loader.load_installed())
    assert (waiting(unit), len(sightings(listed, unit)), losses(listed, unit)) == (0, 2, [])


def test_clock_that_nobody_set_erases_nothing(unit: Unit, recogniser: Recogniser) -> None:
    take(unit, recogniser, "obama2.jpg")
    with unit.database.reading() as tables:
        assert tables.execute("SELECT erase_after FROM waiting").fetchone() == (None,)
    build_desk(unit).settle(None)
    assert waiting(unit) == 1
    now = unit.clock.now()
    unit.intakes.date(Moment(now, now, now))
    with unit.database.reading() as tables:
        (erase_after, keep) = tables.execute("SELECT erase_after, keep FROM waiting").fetchone()
    assert erase_after == now + keep


def test_intakes_that_wait_count_towards_the_room_that_there_is(unit: Unit, recogniser: Recogniser) -> None:
    take(unit, recogniser, "obama2.jpg")
    size = unit.intakes.counts().waiting_bytes
    unit.outbox.require_room(besides=size)
    with pytest.raises(OutboxFullError):
        unit.outbox.require_room(besides=10**12)
