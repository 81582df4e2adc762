"""A unit keeps the keys of its list for as long as its hub renews them, and no longer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from credentials.identity import load_identity
from edge_agent.bootstrap import Unit, build_synchroniser
from edge_agent.link.current_list import CurrentList
from edge_agent.trusted_time import Milliseconds
from edge_agent.watchlist.loading import WatchlistLoader
from edge_agent.watchlist.store import Installed, LeaseEndedError
from edge_agent.watchlist.sync import RevokedError
from faults import RejectedError
from protocol.envelope import MessageType, seal
from protocol.ids import UnitId
from protocol.keyring import Keyring
from provisioning.units import add_unit
from tests.edge_agent.lists import OBAMA
from tests.edge_agent.site import MISSING, SITE, UNIT, Site
from tests.support.hub_simulator import now_ms

DAY = 86_400_000
THEIRS = UnitId("bd/petrapole-1")
TODAY = date.today()  # noqa: DTZ011 - a case is listed for months


@pytest.fixture
def synced(listed: Site, unit: Unit) -> Unit:
    """The unit with a list whose lease ends in fourteen days."""
    build_synchroniser(unit, stopping=lambda: False).sync()
    return unit


def at(unit: Unit, now: Milliseconds, *, agreed: bool = True) -> Unit:
    """The unit when its trusted time is `now`, on which answers of the hub agree or not."""
    loader = WatchlistLoader(
        unit.store,
        unit=UNIT,
        identity=unit.identity,
        hub=unit.hub,
        pack=unit.pack,
        scoring=unit.scoring,
        now=lambda: now,
        destroyable_before=lambda: now if agreed else 0,
    )
    return replace(unit, loader=loader)


def installed(unit: Unit) -> Installed:
    record = unit.store.installed()
    assert record is not None
    return record


def require_no_list(unit: Unit) -> None:
    with pytest.raises(LeaseEndedError, match="mca edge sync"):
        unit.loader.load_installed()


def test_stolen_unit_whose_lease_has_ended_opens_its_list_no_more(listed: Site, synced: Unit) -> None:
    keyring = synced.store.target_file(installed(synced).keyring.sha256)
    sealed = keyring.read_bytes()
    assert at(synced, installed(synced).lease_end - 1).loader.load_installed().index.cases_on(TODAY) == 2
    require_no_list(at(synced, installed(synced).lease_end))
    assert not keyring.exists()
    assert not any(sealed in path.read_bytes() for path in listed.data.rglob("*") if path.is_file())


def test_clock_turned_back_after_the_lease_has_ended(synced: Unit) -> None:
    end = installed(synced).lease_end
    require_no_list(at(synced, end))
    require_no_list(at(synced, 0))
    require_no_list(synced)


def test_lease_written_longer_on_the_units_own_disk(listed: Site, synced: Unit) -> None:
    record = listed.data / "watchlist" / "installed.json"
    end = installed(synced).lease_end
    record.write_bytes(record.read_bytes().replace(str(end).encode(), str(end + 1000 * DAY).encode()))
    require_no_list(at(synced, end))
    require_no_list(at(synced, 0))


def test_unit_that_was_offline_for_long_has_its_list_again_without_fetching_it_twice(
    listed: Site, synced: Unit
) -> None:
    require_no_list(at(synced, installed(synced).lease_end))
    before = listed.hub.server.fetched(".segment")
    listed.hub.repository.give_keyring(UNIT, [MISSING])
    listed.hub.publish()
    synced_again = build_synchroniser(synced, stopping=lambda: False).sync()
    assert listed.hub.server.fetched(".segment") == before
    assert synced_again.watchlist is not None
    assert synced.loader.load_installed().index.cases_on(TODAY) == 2


def test_clock_that_ran_ahead_for_a_while_costs_one_synchronisation(listed: Site, synced: Unit) -> None:
    require_no_list(at(synced, now_ms() + 300 * DAY))
    build_synchroniser(synced, stopping=lambda: False).sync()
    assert synced.loader.load_installed().index.cases_on(TODAY) == 2


def test_clock_that_only_may_be_right_destroys_the_keys(synced: Unit) -> None:
    later = at(synced, now_ms() + 300 * DAY, agreed=False)
    with pytest.raises(LeaseEndedError):
        later.loader.require_lease(synced.loader.load_installed())
    require_no_list(later)
    assert synced.loader.load_installed().index.cases_on(TODAY) == 2


def test_renewed_lease_opens_nothing_again_that_is_in_memory(listed: Site, synced: Unit) -> None:
    before = synced.loader.load_installed()
    listed.hub.repository.lease = timedelta(days=20)
    listed.hub.repository.give_keyring(UNIT, [MISSING])
    listed.hub.publish()
    after = build_synchroniser(synced, stopping=lambda: False).sync(before).watchlist
    assert after is not None
    assert after.index is before.index
    assert after.installed.lease_end > before.installed.lease_end + 5 * DAY


def test_agent_lets_go_of_a_list_in_memory_when_its_lease_ends(synced: Unit) -> None:
    late = at(synced, installed(synced).lease_end)
    current = CurrentList(synced.store, synced.loader)
    current.load()
    ending = CurrentList(late.store, late.loader)
    ending.watchlist = current.watchlist
    held = [ending.watchlist is not None]
    for step in (ending.expire, ending.load):
        step()
        held.append(ending.watchlist is not None)
    assert held == [True, False, False]


def test_unit_that_is_told_of_its_revocation_destroys_its_keys_at_once(listed: Site, synced: Unit) -> None:
    sealed = listed.hub.repository.keyrings.pop(UNIT)
    listed.hub.publish()
    current = CurrentList(synced.store, synced.loader)
    current.load()
    with pytest.raises(RevokedError, match="operator"):
        build_synchroniser(synced, stopping=lambda: False).sync(current.watchlist)
    assert not any(sealed in path.read_bytes() for path in listed.data.rglob("*") if path.is_file())
    current.reload_if_changed()
    assert current.watchlist is None
    require_no_list(synced)


def test_connected_unit_that_is_told_of_its_revocation_destroys_its_keys_at_once(listed: Site, synced: Unit) -> None:
    repository = listed.hub.repository
    sealed = repository.keyrings[UNIT]
    current = CurrentList(synced.store, synced.loader)
    current.load()
    current.take_keyring(sealed)
    assert current.timestamp_version == 1
    current.take_keyring(repository.seal(Keyring(UNIT, (), 0).to_bytes(), MessageType.KEYRING, UNIT))
    assert current.timestamp_version == 0
    assert not any(sealed in path.read_bytes() for path in listed.data.rglob("*") if path.is_file())
    require_no_list(synced)


def test_forged_revocation(listed: Site, synced: Unit) -> None:
    add_unit(listed.folder, THEIRS, site=SITE, slices=(), now=datetime.now(UTC))
    current = CurrentList(synced.store, synced.loader)
    current.load()
    empty = Keyring(UNIT, (), 0).to_bytes()
    repository = listed.hub.repository
    stranger = load_identity(listed.folder / "units" / "petrapole-1")
    forged = seal(
        empty, message_type=MessageType.KEYRING, sender=stranger, recipient=synced.identity.public, sequence=9, now=0
    )
    of_another = repository.seal(Keyring(THEIRS, (), 0).to_bytes(), MessageType.KEYRING, UNIT)
    for envelope in (forged, of_another, repository.seal(empty, MessageType.KEYRING, THEIRS), b""):
        with pytest.raises(RejectedError):
            current.take_keyring(envelope)
    assert current.timestamp_version == 1


def test_server_that_hides_the_keyring_without_the_hubs_signature_revokes_nobody(listed: Site, synced: Unit) -> None:
    listed.hub.publish()
    listed.hub.server.mischief.replaced[".targets.json"] = b"{}"
    with pytest.raises(Exception, match="refused"):
        build_synchroniser(synced, stopping=lambda: False).sync()
    assert synced.loader.load_installed().index.cases_on(TODAY) == 2


def test_keyring_whose_lease_is_over_does_not_replace_one_that_is_not(listed: Site, synced: Unit) -> None:
    repository = listed.hub.repository
    over = Keyring(UNIT, tuple(repository.keys[MISSING]), now_ms() - 1)
    repository.keyrings[UNIT] = repository.seal(over.to_bytes(), MessageType.KEYRING, UNIT)
    repository.delta(MISSING, removals=[OBAMA])
    listed.hub.publish()
    with pytest.raises(LeaseEndedError):
        build_synchroniser(synced, stopping=lambda: False).sync()
    assert synced.loader.load_installed().index.cases_on(TODAY) == 2
