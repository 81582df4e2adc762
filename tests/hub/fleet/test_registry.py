"""The registry of units follows the folder that provisioning writes, and takes nothing else for a unit."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services
from hub.fleet.service import UnitFileError, UnknownUnitError
from protocol.envelope import MessageType
from protocol.ids import SliceName
from tests.support.hub_site import OTHER_UNIT, SITE, SLICE, UNIT, HubSite

FOUND = SliceName("bd/found")


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path, slices=(SLICE, FOUND))


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        yield services


def actions(hub: Services) -> list[tuple[AuditAction, str]]:
    with hub.database.read() as connection:
        return [(entry.action, entry.subject) for entry in entries(connection)]


def unit_file(site: HubSite) -> Path:
    return site.folder / "hub" / "units" / "benapole-1.json"


def test_provisioned_unit_is_known_with_its_site_slices_and_keys(hub: Services, site: HubSite) -> None:
    hub.fleet.refresh()
    with hub.database.read() as connection:
        (unit,) = hub.fleet.units(connection)
    mine = site.unit().identity.public
    assert (unit.id, unit.site, set(unit.slices)) == (UNIT, SITE, {SLICE, FOUND})
    assert (unit.identity.verify_key.raw, unit.identity.seal_key.raw) == (mine.verify_key.raw, mine.seal_key.raw)


def test_looking_again_changes_and_audits_nothing(hub: Services) -> None:
    for _ in range(3):
        hub.fleet.refresh()
    assert actions(hub) == [(AuditAction.UNIT_REGISTERED, UNIT)]


def is_sender(hub: Services) -> bool:
    """Whether messages of the unit are opened."""
    with hub.database.read() as connection:
        return UNIT in hub.fleet.identities(connection, [UNIT])


def test_withdrawn_unit_is_no_sender_and_no_recipient_any_more(hub: Services, site: HubSite) -> None:
    hub.fleet.refresh()
    assert is_sender(hub)
    site.withdraw_unit(UNIT)
    hub.fleet.refresh()
    assert not is_sender(hub)
    with pytest.raises(UnknownUnitError), hub.database.begin() as connection:
        hub.fleet.seal(connection, UNIT, MessageType.NOTICE, b"")
    assert actions(hub)[-1] == (AuditAction.UNIT_WITHDRAWN, UNIT)


def test_unit_that_comes_back_or_changes_is_audited(hub: Services, site: HubSite) -> None:
    hub.fleet.refresh()
    kept = unit_file(site).read_bytes()
    site.withdraw_unit(UNIT)
    hub.fleet.refresh()
    unit_file(site).write_bytes(kept)
    hub.fleet.refresh()
    unit_file(site).write_text(json.dumps(json.loads(kept) | {"slices": ["bd/found"]}))
    hub.fleet.refresh()
    assert [action for action, _ in actions(hub)] == [
        AuditAction.UNIT_REGISTERED,
        AuditAction.UNIT_WITHDRAWN,
        AuditAction.UNIT_REGISTERED,
        AuditAction.UNIT_CHANGED,
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _unit: b"{",
        lambda _unit: b"[]",
        lambda unit: json.dumps({key: value for key, value in unit.items() if key != "card"}).encode(),
        lambda unit: json.dumps(unit | {"slices": ["BD"]}).encode(),
        lambda unit: json.dumps(unit | {"slices": 3}).encode(),
        lambda unit: json.dumps(unit | {"unit": "np/birgunj-1"}).encode(),
        lambda unit: json.dumps(unit | {"site": "np/birgunj"}).encode(),
        lambda unit: json.dumps(unit | {"card": unit["card"] | {"name": "bd/other"}}).encode(),
        lambda unit: json.dumps(unit | {"card": unit["card"] | {"verify": "00"}}).encode(),
    ],
)
def test_damaged_file_is_named_and_the_registry_stays_as_it_was(hub: Services, site: HubSite, damage: object) -> None:
    hub.fleet.refresh()
    site.add_unit(OTHER_UNIT)
    assert callable(damage)
    unit_file(site).write_bytes(damage(json.loads(unit_file(site).read_bytes())))
    with pytest.raises(UnitFileError, match=r"benapole-1\.json"):
        hub.fleet.refresh()
    with hub.database.read() as connection:
        assert [unit.id for unit in hub.fleet.units(connection)] == [UNIT]


def test_missing_folder_is_not_taken_for_no_units(hub: Services, site: HubSite) -> None:
    hub.fleet.refresh()
    unit_file(site).unlink()
    unit_file(site).parent.rmdir()
    with pytest.raises(UnitFileError, match="is missing"):
        hub.fleet.refresh()
    assert is_sender(hub)
