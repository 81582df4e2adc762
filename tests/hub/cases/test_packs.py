"""A change of pack: photographs get templates of the new one, and units search with whichever they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_services
from hub.cases.service import Completion
from models.images import decode_image
from models.recogniser import Recogniser
from models.template import similarity, template_from_bytes
from protocol.health import Health
from protocol.ids import CaseId, UnitId
from protocol.watchlist import WatchlistEntry
from tests.support.hub_site import OTHER_UNIT, PHOTO, SLICE, UNIT, HubSite, register
from tests.support.packs import changed_pack


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path, units=(UNIT, OTHER_UNIT))


@pytest.fixture
def case(site: HubSite) -> CaseId:
    """Registered while the hub ran the built-in pack."""
    with site.services() as hub:
        return register(hub)


@contextmanager
def running(site: HubSite, **settings: object) -> Iterator[Services]:
    hub = build_services(site.settings.model_copy(update=settings), site.clock)
    try:
        hub.fleet.refresh()
        yield hub
    finally:
        hub.database.close()


@pytest.fixture
def changed(site: HubSite, case: CaseId, tmp_path: Path) -> Iterator[Services]:
    """The hub after it was given another pack."""
    with running(site, pack=changed_pack(tmp_path / "pack").path) as hub:
        yield hub


def complete(hub: Services) -> int:
    """How many templates were made."""
    made = 0
    while (done := hub.cases.complete_templates()) is not Completion.DONE:
        made += done is Completion.MADE
    return made


def report(hub: Services, unit: UnitId, pack: bytes, sequence: int = 1) -> None:
    health = Health(hub.clock(), 1, hub.clock(), 1, 0, pack, "0.1.0")
    with hub.database.begin() as connection:
        hub.fleet.take_health(connection, unit, sequence, health)


def listed(hub: Services) -> WatchlistEntry:
    with hub.database.read() as connection:
        changing = hub.watchlist.is_changing_pack(connection)
        (entry,) = hub.cases.listed_entries(connection, SLICE, every_pack=changing)
    return entry


def packs(hub: Services) -> list[str]:
    return sorted(template.pack_digest.hex() for template in listed(hub).templates)


def test_photograph_registered_before_is_not_lost_to_the_new_pack(changed: Services, case: CaseId) -> None:
    assert complete(changed) == 1
    assert complete(changed) == 0
    own = bytes.fromhex(changed.pack.digest)
    with changed.database.read() as connection:
        (template,) = changed.cases.templates(connection, case, own)
        audit = [entry for entry in entries(connection, case) if entry.action is AuditAction.TEMPLATE_ADDED]
    image = decode_image(PHOTO.read_bytes())
    recogniser = Recogniser(changed.pack)
    (expected,) = recogniser.embed([recogniser.align(image, recogniser.detect(image)[0])])
    made = template_from_bytes(template.vector, template.pack_digest.hex(), 192)
    assert similarity(made, expected) == pytest.approx(1, abs=1e-5)
    assert [entry.detail["pack"] for entry in audit] == [changed.pack.digest]


def test_list_serves_both_packs_until_every_unit_has_said_that_it_runs_the_new_one(changed: Services) -> None:
    complete(changed)
    old, new = sorted(packs(changed), key=lambda pack: pack == changed.pack.digest)
    assert new == changed.pack.digest != old
    report(changed, UNIT, bytes.fromhex(new))
    assert len(packs(changed)) == 2
    report(changed, OTHER_UNIT, bytes.fromhex(old))
    assert len(packs(changed)) == 2
    report(changed, OTHER_UNIT, bytes.fromhex(new), sequence=2)
    assert packs(changed) == [new]


def test_unit_that_goes_back_to_the_old_pack_gets_its_templates_back(changed: Services) -> None:
    complete(changed)
    old = next(pack for pack in packs(changed) if pack != changed.pack.digest)
    for unit in (UNIT, OTHER_UNIT):
        report(changed, unit, bytes.fromhex(changed.pack.digest))
    assert len(packs(changed)) == 1
    report(changed, UNIT, bytes.fromhex(old), sequence=2)
    assert len(packs(changed)) == 2


def test_withdrawn_unit_does_not_hold_the_old_templates_on_the_list(site: HubSite, changed: Services) -> None:
    complete(changed)
    report(changed, UNIT, bytes.fromhex(changed.pack.digest))
    assert len(packs(changed)) == 2
    site.withdraw_unit(OTHER_UNIT)
    changed.fleet.refresh()
    assert packs(changed) == [changed.pack.digest]


def test_template_of_the_new_pack_and_the_end_of_the_old_are_published(changed: Services) -> None:
    first = changed.watchlist.publish("test")
    complete(changed)
    both = changed.watchlist.publish("test")
    for unit in (UNIT, OTHER_UNIT):
        report(changed, unit, bytes.fromhex(changed.pack.digest))
    one = changed.watchlist.publish("test")
    assert first.list_version < both.list_version < one.list_version
    assert not changed.watchlist.publish("test").changed


def test_photograph_that_the_new_pack_cannot_read_keeps_its_old_template(
    site: HubSite, case: CaseId, tmp_path: Path
) -> None:
    blind = changed_pack(tmp_path / "blind", old="min_score = 0.5", new="min_score = 0.999")
    with running(site, pack=blind.path) as hub:
        assert complete(hub) == 0
        assert hub.cases.unreadable_count() == 1
        for unit in (UNIT, OTHER_UNIT):
            report(hub, unit, bytes.fromhex(blind.digest))
        # Its child would otherwise leave the list without a word.
        assert len(listed(hub).templates) == 1
        assert packs(hub) != [blind.digest]


def test_child_registered_during_the_change_is_known_to_units_of_both_packs(
    site: HubSite, case: CaseId, tmp_path: Path
) -> None:
    new = changed_pack(tmp_path / "new")
    with running(site, pack=new.path, other_pack=site.settings.pack) as hub:
        second = register(hub, "GD 2/2026")
        assert complete(hub) == 2
        with hub.database.read() as connection:
            listing = {entry.case: entry for entry in hub.cases.listed_entries(connection, SLICE)}
        assert {len({template.pack_digest for template in entry.templates}) for entry in listing.values()} == {2}
        assert set(listing) == {case, second}
