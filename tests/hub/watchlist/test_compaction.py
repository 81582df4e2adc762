"""Of a long list, a removal is a small segment, and with the next compaction it leaves all bytes: also a unit's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.installation import SLICE, Installation, installation
from edge_agent.bootstrap import Unit, build_synchroniser
from edge_agent.trusted_time import as_day
from edge_agent.watchlist.keyring import epoch_key
from hub.clock import HOUR
from hub.watchlist.difference import SHORT_LIST
from hub.watchlist.service import GRACE
from protocol.ids import CaseId
from protocol.segment import Segment, decrypt_segment, segment_epoch

CASES = SHORT_LIST + 20


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path / "hub") as site:
        site.list_cases(CASES)
        site.hub.watchlist.publish("test")
        yield site


@pytest.fixture
def unit(site: Installation) -> Iterator[Unit]:
    with site.unit() as unit:
        build_synchroniser(unit, stopping=lambda: False).sync()
        yield unit


def stored(unit: Unit) -> list[Segment]:
    """Every segment file on the unit's disk, opened."""
    installed = unit.store.installed()
    assert installed is not None
    keyring = unit.loader.open_keyring(installed.keyring)
    names = {path.name for path in unit.store.target_file("x").parent.iterdir()}
    assert names == {target.sha256 for target in (installed.keyring, *installed.segments)}
    segments = []
    for target in installed.segments:
        data = unit.store.read(target)
        key = epoch_key(keyring, SLICE, segment_epoch(data))
        segments.append(decrypt_segment(data, key=key, path=target.path))
    return segments


def remove(site: Installation) -> CaseId:
    before = set(listed(site))
    site.remove_case()
    site.hub.watchlist.publish("test")
    (gone,) = before.difference(listed(site))
    return gone


def listed(site: Installation) -> list[CaseId]:
    with site.hub.database.read() as connection:
        return list(site.hub.cases.listed_digests(connection, SLICE, every_pack=True))


def test_removal_reaches_units_at_once_and_leaves_all_bytes_in_time(site: Installation, unit: Unit) -> None:
    gone = remove(site)
    current = unit.loader.load_installed()
    after = build_synchroniser(unit, stopping=lambda: False).sync(current).watchlist
    assert after is not None
    assert after.index.cases_on(as_day(unit.clock.now())) == CASES - 1
    assert [(len(each.upserts.cases), each.removals) for each in stored(unit)] == [(CASES, ()), (0, (gone,))]
    with site.hub.database.read() as connection:
        assert not site.hub.watchlist.is_compaction_due(connection)
    site.clock.ahead += site.hub.settings.compaction_hours * HOUR
    with site.hub.database.read() as connection:
        assert site.hub.watchlist.is_compaction_due(connection)
    site.hub.watchlist.publish("test")
    build_synchroniser(unit, stopping=lambda: False).sync()
    (segment,) = stored(unit)
    assert set(segment.upserts.cases) == set(listed(site))
    assert gone not in segment.upserts.cases
    assert segment.removals == ()
    site.clock.ahead += GRACE + 1
    site.hub.watchlist.renew()
    with site.hub.database.read() as connection:
        count = connection.scalar(text("SELECT count(*) FROM watchlist_files WHERE path LIKE 'targets/slices/%'"))
    assert count == 1


def test_compaction_does_not_make_old_entries_new(site: Installation, unit: Unit) -> None:
    """What a unit kept from earlier intakes is compared with what is new, and a compaction brings nobody new."""
    newest = unit.loader.load_installed().index.newest
    remove(site)
    site.clock.ahead += site.hub.settings.compaction_hours * HOUR
    site.hub.watchlist.publish("test")
    build_synchroniser(unit, stopping=lambda: False).sync()
    assert unit.loader.load_installed().index.newest == newest


def test_list_longer_than_a_segment_is_several_and_comes_out_whole(
    site: Installation, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.watchlist.segments._TEMPLATE_BYTES", 1)
    site.list_cases(3 * 1024)
    site.hub.watchlist.publish("test")
    build_synchroniser(unit, stopping=lambda: False).sync()
    segments = stored(unit)
    assert [each.snapshot for each in segments] == [True] + [False] * (len(segments) - 1)
    assert len(segments) > 3
    assert {case for each in segments for case in each.upserts.cases} == set(listed(site))
