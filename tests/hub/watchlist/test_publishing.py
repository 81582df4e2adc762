"""What units see of a publication, through TUF's own client."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Timestamp

from hub.audit.service import AuditAction, entries
from hub.bootstrap import Services, build_services
from hub.cases.service import GivenPhoto
from hub.clock import DAY, HOUR, MINUTE, SECOND, moment
from hub.watchlist.difference import FEW_DELTAS
from hub.watchlist.repository import SNAPSHOT_LIFE, TIMESTAMP_LIFE
from hub.watchlist.service import GRACE, TrustError
from protocol.columns import entry_columns
from protocol.errors import UnsealError
from protocol.ids import CaseId, SliceName, UnitId
from protocol.segment import decrypt_segment
from tests.support.hub_site import OTHER_UNIT, PHOTO, SLICE, UNIT, HubSite, new_case, register
from tests.support.tuf_unit import DirectFetcher, TufUnit

FOUND = SliceName("bd/found")


@pytest.fixture
def site(tmp_path: Path, chosen_database: str | None) -> HubSite:
    return HubSite(tmp_path, slices=(SLICE, FOUND), database_url=chosen_database)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        yield services


def unit_of(site: HubSite, hub: Services, folder: Path, name: UnitId = UNIT) -> TufUnit:
    return TufUnit(folder, site, DirectFetcher(hub.watchlist), unit=site.unit(name).identity)


@pytest.fixture
def unit(site: HubSite, hub: Services, tmp_path: Path) -> TufUnit:
    return unit_of(site, hub, tmp_path / "unit")


def locate(hub: Services, case: CaseId) -> None:
    with hub.database.begin() as connection:
        hub.cases.mark_located(connection, case, "bimal", hub.clock())


def files(hub: Services) -> dict[str, bytes]:
    """Everything that is published, by path."""
    with hub.database.read() as connection:
        rows = connection.execute(text("SELECT path, content FROM watchlist_files"))
        return {row.path: row.content for row in rows}


def metadata(hub: Services, role: str) -> bytes:
    newest = max((path for path in files(hub) if path.endswith(f"{role}.json")), key=lambda path: (len(path), path))
    return files(hub)[newest]


@pytest.mark.usefixtures("hub_database")
def test_unit_follows_the_list_from_nobody_to_somebody_and_back(hub: Services, unit: TufUnit) -> None:
    hub.watchlist.publish("test")
    assert unit.cases() == set()
    first, second = register(hub, "one"), register(hub, "two")
    hub.watchlist.publish("test")
    assert unit.cases() == {first, second}
    locate(hub, first)
    hub.watchlist.publish("test")
    assert unit.cases() == {second}


def test_entry_says_what_a_unit_may_know_and_no_more(hub: Services, unit: TufUnit) -> None:
    case = register(hub, "GD 4711/2026")
    hub.watchlist.publish("test")
    (segment,) = unit.segments()
    with hub.database.read() as connection:
        assert segment.upserts == entry_columns(hub.cases.entries(connection, [case]), [1])
    assert b"4711" not in segment.to_bytes()


def test_nothing_is_published_when_nothing_changed(hub: Services, site: HubSite) -> None:
    register(hub)
    first = hub.watchlist.publish("test")
    before = files(hub)
    site.clock.now += 30 * MINUTE
    again = hub.watchlist.publish("test")
    assert (first.changed, again.changed) == (True, False)
    assert again.list_version == first.list_version
    assert files(hub) == before


def test_list_version_rises_by_one_with_each_publication(hub: Services, unit: TufUnit) -> None:
    for number in range(1, 4):
        register(hub, str(number))
        assert hub.watchlist.publish("test").list_version == number
        unit.refresh()
        assert Metadata[Snapshot].from_bytes(metadata(hub, "snapshot")).signed.version == number


def test_units_learn_when_the_list_was_published(hub: Services) -> None:
    hub.watchlist.publish("test")
    snapshot = Metadata[Snapshot].from_bytes(metadata(hub, "snapshot"))
    assert snapshot.signed.unrecognized_fields["published_at"] == hub.clock()
    timestamp = Metadata[Timestamp].from_bytes(metadata(hub, "timestamp"))
    assert timestamp.signed.unrecognized_fields["signed_at"] == hub.clock()


def test_added_child_costs_the_unit_one_small_segment(hub: Services, unit: TufUnit) -> None:
    for number in range(5):
        register(hub, str(number))
    hub.watchlist.publish("test")
    added = register(hub, "another")
    hub.watchlist.publish("test")
    assert [segment.upserts.cases for segment in unit.segments()][1:] == [(added,)]


def test_long_chain_of_segments_is_folded(hub: Services, unit: TufUnit) -> None:
    lengths = []
    for number in range(FEW_DELTAS + 3):
        register(hub, str(number))
        hub.watchlist.publish("test")
        lengths.append(len(unit.segments()))
    assert lengths == [*range(1, FEW_DELTAS + 2), 1, 2]
    assert len(unit.cases()) == FEW_DELTAS + 3


def test_removed_child_is_in_no_published_bytes_once_fetches_that_had_begun_are_over(
    hub: Services, site: HubSite, unit: TufUnit
) -> None:
    gone, stays = register(hub, "gone"), register(hub, "stays")
    hub.watchlist.publish("test")
    keys = unit.keys(unit.refresh())
    locate(hub, gone)
    hub.watchlist.publish("test")
    site.clock.now += GRACE + 1
    hub.watchlist.renew()
    (content,) = (content for path, content in files(hub).items() if path.startswith("targets/slices/bd/missing/"))
    assert len(unit.segments()) == 1
    (name,) = unit.slice_targets(SLICE)
    opened = decrypt_segment(content, key=keys[SLICE, 1], path=name)
    assert opened.upserts.cases == (stays,)
    assert not any(gone.encode() in content for content in files(hub).values())


def test_unit_in_the_middle_of_fetching_can_finish(hub: Services, site: HubSite, tmp_path: Path) -> None:
    first = register(hub, "one")
    hub.watchlist.publish("test")
    published: list[str] = []

    def publish_once(path: str) -> None:
        # The unit has read the old timestamp and now asks for what it names.
        if path.startswith("targets/") and not published:
            published.append(path)
            locate(hub, first)
            hub.watchlist.publish("in between")
            site.clock.now += GRACE
            hub.watchlist.renew()

    reader = TufUnit(tmp_path / "slow", site, DirectFetcher(hub.watchlist, publish_once), unit=site.unit().identity)
    assert reader.cases() == {first}
    assert published
    assert reader.cases() == set()


def test_only_current_files_stay_after_many_publications(hub: Services, site: HubSite) -> None:
    for number in range(6):
        register(hub, str(number))
        hub.watchlist.publish("test")
        site.clock.now += GRACE + 1
        hub.watchlist.renew()
    names = {path.removeprefix("metadata/") for path in files(hub) if path.startswith("metadata/")}
    assert names == {
        "1.root.json",
        "1.slices/bd/found.json",
        "1.targets.json",
        "6.slices/bd/missing.json",
        "6.snapshot.json",
        "timestamp.json",
    }


def test_timestamp_is_signed_anew_every_hour_and_nothing_else(hub: Services, site: HubSite, unit: TufUnit) -> None:
    register(hub)
    published = hub.watchlist.publish("test")
    site.clock.now += HOUR - 2 * SECOND
    assert hub.watchlist.renew().timestamp_version == published.timestamp_version
    site.clock.now += 2 * SECOND
    renewed = hub.watchlist.renew()
    assert (renewed.list_version, renewed.changed) == (published.list_version, False)
    assert renewed.timestamp_version == published.timestamp_version + 1
    timestamp = Metadata[Timestamp].from_bytes(files(hub)["metadata/timestamp.json"])
    assert timestamp.signed.expires == (moment(site.clock.now) + TIMESTAMP_LIFE.valid).replace(microsecond=0)
    assert len(unit.cases()) == 1


def test_nothing_expires_on_a_hub_that_runs_though_no_case_changes(hub: Services, site: HubSite) -> None:
    hub.watchlist.publish("test")
    for _ in range(100):
        site.clock.now += DAY - HOUR
        hub.watchlist.renew()
        for role in ("timestamp", "snapshot", "targets", "slices/bd/missing"):
            data = metadata(hub, role)
            signed = Metadata.from_bytes(data).signed
            assert signed.expires > moment(site.clock.now) + timedelta(hours=1), role


def test_renewal_keeps_the_snapshot_until_a_third_of_its_life_is_over(site: HubSite) -> None:
    settings = site.settings.model_copy(update={"lease_days": 365})  # Renewed leases are in a new snapshot.
    hub = build_services(settings, site.clock)
    hub.watchlist.publish("test")
    site.clock.now += round((SNAPSHOT_LIFE.renewed_after - timedelta(hours=1)).total_seconds() * 1000)
    assert not hub.watchlist.renew().changed
    site.clock.now += 2 * HOUR
    assert hub.watchlist.renew().changed
    hub.database.close()


def test_what_a_clock_signed_that_ran_ahead_holds_for_years(hub: Services, site: HubSite) -> None:
    right = site.clock.now
    site.clock.now += 5 * 365 * DAY
    hub.watchlist.publish("test")
    site.clock.now = right
    hub.watchlist.renew()
    for role in ("timestamp", "snapshot", "targets", "slices/bd/missing"):
        assert Metadata.from_bytes(metadata(hub, role)).signed.expires < moment(right) + timedelta(days=365), role


def test_renewal_before_the_first_publication_publishes_nothing(hub: Services) -> None:
    assert hub.watchlist.renew().timestamp_version == 0
    assert files(hub) == {}


def test_unit_cannot_open_a_slice_that_it_was_not_given(hub: Services, site: HubSite, tmp_path: Path) -> None:
    site.add_unit(OTHER_UNIT, slices=(FOUND,))
    register(hub)
    hub.watchlist.publish("test")
    other = unit_of(site, hub, tmp_path / "other", OTHER_UNIT)
    assert {name for name, _ in other.keys(other.refresh())} == {FOUND}
    with pytest.raises(KeyError):
        other.segments(SLICE)
    assert other.segments(FOUND)[0].upserts.cases == ()


@pytest.mark.usefixtures("hub_database")
def test_withdrawn_unit_opens_nothing_that_is_published_later(
    hub: Services, site: HubSite, unit: TufUnit, tmp_path: Path
) -> None:
    site.add_unit(OTHER_UNIT)
    case = register(hub)
    hub.watchlist.publish("test")
    stolen = unit_of(site, hub, tmp_path / "stolen", OTHER_UNIT)
    old_keys = stolen.keys(stolen.refresh())
    site.withdraw_unit(OTHER_UNIT)
    assert hub.watchlist.publish("test").changed
    assert unit.cases() == {case}
    with pytest.raises(AssertionError, match="lists no keyrings/bd/darshana-2"):
        stolen.keys(stolen.refresh())
    (path,) = unit.slice_targets(SLICE)
    content = unit.target(unit.refresh(), path)
    with pytest.raises(UnsealError, match="of epoch 2"):
        decrypt_segment(content, key=old_keys[SLICE, 1], path=path)
    with hub.database.read() as connection:
        assert connection.execute(text("SELECT epoch FROM watchlist_slices WHERE name = 'bd/missing'")).scalar() == 2


def test_unit_enrolled_anew_under_its_name_gets_a_new_epoch(hub: Services, site: HubSite, tmp_path: Path) -> None:
    register(hub)
    hub.watchlist.publish("test")
    lost = site.unit().identity
    site.withdraw_unit(UNIT)
    site.unit_folder().rename(tmp_path / "lost")
    site.add_unit(UNIT)
    hub.watchlist.publish("test")
    replacement = unit_of(site, hub, tmp_path / "replacement")
    assert set(replacement.keys(replacement.refresh())) == {(FOUND, 2), (SLICE, 2)}
    assert len(replacement.cases()) == 1
    old = TufUnit(tmp_path / "old", site, DirectFetcher(hub.watchlist), unit=lost)
    with pytest.raises(Exception, match="sealed to another recipient"):
        old.keys(old.refresh())


def test_added_unit_gets_a_keyring_and_others_fetch_theirs_no_second_time(hub: Services, site: HubSite) -> None:
    hub.watchlist.publish("test")
    before = {path for path in files(hub) if path.startswith("targets/keyrings/")}
    site.add_unit(OTHER_UNIT)
    hub.watchlist.publish("test")
    after = {path for path in files(hub) if path.startswith("targets/keyrings/")}
    assert before < after
    assert len(after) == 2


def test_slice_that_the_hub_gave_up_is_empty_and_the_rest_goes_on(hub: Services, site: HubSite, unit: TufUnit) -> None:
    hub.cases.register(new_case("found", slice=FOUND), [GivenPhoto(PHOTO.read_bytes())], "tester")
    case = register(hub)
    hub.watchlist.publish("test")
    assert len(unit.cases(FOUND)) == 1
    site.config.write_text(site.config.read_text().replace('["bd/missing", "bd/found"]', '["bd/missing"]'))
    with site.services() as smaller:
        smaller.watchlist.publish("test")
        reader = TufUnit(unit._folder, site, DirectFetcher(smaller.watchlist), unit=site.unit().identity)
        assert reader.cases() == {case}
        assert reader.segments(FOUND) == []


def test_publication_is_audited_once_with_its_reason(hub: Services) -> None:
    gone = register(hub, "one")
    hub.watchlist.publish("first")
    hub.watchlist.publish("nothing new")
    locate(hub, gone)
    hub.watchlist.publish("second")
    with hub.database.read() as connection:
        audit = [entry for entry in entries(connection) if entry.action is AuditAction.WATCHLIST_PUBLISHED]
    assert [dict(entry.detail) for entry in audit] == [
        {"list_version": 1, "reason": "first", "removed": 0, "upserts": 1},
        {"list_version": 2, "reason": "second", "removed": 1, "upserts": 0},
    ]


def test_new_root_is_published_and_units_follow_it(hub: Services, site: HubSite, unit: TufUnit) -> None:
    register(hub)
    hub.watchlist.publish("test")
    unit.refresh()
    install_root(site, version=2)
    with site.services() as renewed:
        renewed.watchlist.publish("test")
        follower = TufUnit(unit._folder, site, DirectFetcher(renewed.watchlist), unit=site.unit().identity)
        follower._root = files(renewed)["metadata/1.root.json"]
        assert len(follower.cases()) == 1
        trusted = (unit._folder / "metadata" / "root.json").read_bytes()
    assert Metadata[Root].from_bytes(trusted).signed.version == 2


def test_root_that_skips_a_version_is_refused_before_units_are_locked_out(hub: Services, site: HubSite) -> None:
    hub.watchlist.publish("test")
    install_root(site, version=3)
    with site.services() as renewed, pytest.raises(TrustError, match=r"put 2\.root\.json beside"):
        renewed.watchlist.publish("test")


def test_two_ceremonies_between_publications_leave_a_unit_behind(hub: Services, site: HubSite, unit: TufUnit) -> None:
    register(hub)
    hub.watchlist.publish("test")
    unit.refresh()
    tuf = site.folder / "hub" / "tuf"
    install_root(site, version=2)
    (tuf / "2.root.json").write_bytes((tuf / "root.json").read_bytes())
    install_root(site, version=3)
    with site.services() as renewed:
        renewed.watchlist.publish("test")
        follower = TufUnit(unit._folder, site, DirectFetcher(renewed.watchlist), unit=site.unit().identity)
        follower._root = files(renewed)["metadata/1.root.json"]
        assert len(follower.cases()) == 1
        trusted = (unit._folder / "metadata" / "root.json").read_bytes()
    assert Metadata[Root].from_bytes(trusted).signed.version == 3


def test_key_that_the_root_does_not_name_is_refused(site: HubSite) -> None:
    tuf = site.folder / "hub" / "tuf"
    (tuf / "timestamp.key").write_bytes((tuf / "slices.key").read_bytes())
    with pytest.raises(TrustError, match="not a key that the TUF root names for timestamp"), site.services():
        pass


def test_altered_root_is_refused(site: HubSite) -> None:
    path = site.folder / "hub" / "tuf" / "root.json"
    path.write_bytes(
        path.read_bytes().replace(b'"version":1', b'"version":2').replace(b'"version": 1', b'"version": 2')
    )
    with pytest.raises(TrustError, match="not signed by its own keys"), site.services():
        pass


def test_unit_refuses_bytes_that_were_altered_in_the_database(hub: Services, unit: TufUnit) -> None:
    register(hub)
    hub.watchlist.publish("test")
    with hub.database.begin() as connection:
        connection.execute(
            text("UPDATE watchlist_files SET content = content || 'x' WHERE path LIKE 'targets/slices/%'")
        )
    with pytest.raises((RepositoryError, DownloadError)):
        unit.segments()


def install_root(site: HubSite, version: int) -> None:
    """As the keeper of the offline key does: the next root, signed by it."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    root = Metadata[Root].from_bytes(site.root)
    root.signed.version = version
    private = load_pem_private_key((site.folder / "authority" / "tuf-root.key").read_bytes(), None)
    key = next(key for key in root.signed.keys.values() if key.keyid in root.signed.roles["root"].keyids)
    root.sign(CryptoSigner(private, key))  # type: ignore[arg-type]
    (site.folder / "hub" / "tuf" / "root.json").write_bytes(root.to_bytes())
