"""Keyrings are leases: the hub renews those of units that it knows, and of no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap import Services
from hub.clock import DAY, HOUR
from protocol.envelope import MessageType, open_envelope
from protocol.ids import UnitId
from protocol.keyring import Keyring
from protocol.targets import keyring_path
from tests.support.hub_site import OTHER_UNIT, UNIT, HubSite, register
from tests.support.tuf_unit import DirectFetcher, TufUnit


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path, units=(UNIT, OTHER_UNIT))


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        register(services)
        services.watchlist.publish("test")
        yield services


def keyring(hub: Services, site: HubSite, folder: Path, name: UnitId = UNIT) -> Keyring | None:
    """What a unit is given now."""
    identity = site.unit(name).identity
    unit = TufUnit(folder, site, DirectFetcher(hub.watchlist), unit=identity)
    updater = unit.refresh()
    if updater.get_targetinfo(keyring_path(name)) is None:
        return None
    opened = open_envelope(
        unit.target(updater, keyring_path(name)),
        recipient=identity,
        find_sender=lambda sender: site.hub if sender == site.hub.name else None,
        expected=MessageType.KEYRING,
    )
    return Keyring.from_bytes(opened.payload)


def lease_end(hub: Services, site: HubSite, folder: Path, name: UnitId = UNIT) -> int:
    found = keyring(hub, site, folder, name)
    assert found is not None
    return found.lease_end


def test_lease_is_of_the_days_that_are_set(hub: Services, site: HubSite, tmp_path: Path) -> None:
    assert lease_end(hub, site, tmp_path / "unit") == site.clock.now + site.settings.lease_days * DAY


def test_unit_that_looks_every_day_never_has_less_than_most_of_a_lease(
    hub: Services, site: HubSite, tmp_path: Path
) -> None:
    first = keyring(hub, site, tmp_path / "unit")
    ends = set()
    for _ in range(30):
        site.clock.now += DAY - HOUR
        hub.watchlist.renew()
        ends.add(end := lease_end(hub, site, tmp_path / "unit"))
        assert end - site.clock.now > site.settings.lease_days * DAY * 3 // 4 - 2 * DAY
    last = keyring(hub, site, tmp_path / "unit")
    assert first is not None
    assert last is not None
    assert last.keys == first.keys
    # Each renewal is a line in what every unit fetches.
    assert len(ends) < 12


def test_lease_of_a_withdrawn_unit_is_never_renewed(hub: Services, site: HubSite, tmp_path: Path) -> None:
    before = lease_end(hub, site, tmp_path / "other", OTHER_UNIT)
    site.withdraw_unit(OTHER_UNIT)
    hub.fleet.refresh()
    site.clock.now += 10 * DAY
    hub.watchlist.renew()
    assert lease_end(hub, site, tmp_path / "other", OTHER_UNIT) == before
    hub.watchlist.publish("test")
    assert keyring(hub, site, tmp_path / "other", OTHER_UNIT) is None
    assert lease_end(hub, site, tmp_path / "unit") > before
