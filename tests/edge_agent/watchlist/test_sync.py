"""Synchronisation with a real TUF repository over real HTTPS: each attack leaves the list in use in use."""

import json
import secrets
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from edge_agent.bootstrap import Unit, build_synchroniser
from edge_agent.trusted_time import KnownTime, TrustedClock
from edge_agent.watchlist.keyring import EpochKeyMissingError, ForeignKeyringError
from edge_agent.watchlist.repository import HubUnreachableError, KeyringMissingError, RepositoryRejectedError
from edge_agent.watchlist.state import SegmentOrderError
from edge_agent.watchlist.store import Installed, NeverSyncedError, StoredListDamagedError
from edge_agent.watchlist.sync import Synced
from faults import MissingChildAlertError
from models.recogniser import Recogniser
from protocol.columns import entry_columns
from protocol.envelope import MessageType
from protocol.errors import FieldError, UnsealError, WrongRecipientError
from protocol.ids import CaseId, SliceName, UnitId
from protocol.keyring import Keyring
from protocol.segment import Segment
from protocol.targets import segment_path
from protocol.watchlist import WatchlistEntry
from provisioning.units import add_unit
from tests.edge_agent.lists import OBAMA, entry, random_vector, sample_entries
from tests.edge_agent.site import MISSING, SITE, UNIT, Site
from tests.support.broker import free_port
from tests.support.hub_simulator import now_ms

SHELTERS = SliceName("bd/shelters")
THEIRS = UnitId("bd/petrapole-1")
TODAY = datetime.now(UTC).date()


def sync(unit: Unit) -> Synced:
    return build_synchroniser(unit, stopping=lambda: False).sync()


def cases(unit: Unit, day: date = TODAY) -> int:
    return unit.loader.load_installed().index.cases_on(day)


def installed(unit: Unit) -> Installed:
    record = unit.store.installed()
    assert record is not None
    return record


def require_refused(unit: Unit, error: type[MissingChildAlertError], match: str | None = None) -> None:
    """A synchronisation fails with this error, and the list of two cases stays in use."""
    before = installed(unit)
    with pytest.raises(error, match=match):
        sync(unit)
    assert installed(unit) == before
    assert cases(unit) == 2


def fresh_entry(recogniser: Recogniser) -> WatchlistEntry:
    vector = random_vector(np.random.default_rng(5))
    return entry(CaseId("bd/c-new00000"), [vector], recogniser.pack.digest)


@pytest.fixture
def synced(listed: Site, unit: Unit) -> Unit:
    """The unit with the list of two cases in use."""
    sync(unit)
    return unit


def test_first_list_is_fetched_opened_and_put_in_use(listed: Site, unit: Unit) -> None:
    with pytest.raises(NeverSyncedError, match="mca edge sync"):
        unit.loader.load_installed()
    done = sync(unit)
    assert done.watchlist is not None
    assert done.installed == installed(unit)
    assert (installed(unit).list_version, installed(unit).timestamp_version) == (1, 1)
    assert cases(unit) == 2


def test_unchanged_list_is_neither_fetched_nor_opened_again(listed: Site, synced: Unit) -> None:
    before, segments = installed(synced), listed.hub.server.fetched(".segment")
    assert sync(synced).watchlist is None
    assert listed.hub.server.fetched(".segment") == segments
    assert installed(synced).synced_at >= before.synced_at
    assert installed(synced).published_at == before.published_at


def test_delta_brings_only_its_own_bytes(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    listed.hub.repository.delta(MISSING, upserts=[fresh_entry(recogniser)], removals=[OBAMA])
    listed.hub.publish()
    before = listed.hub.server.fetched(".segment")
    sync(synced)
    assert listed.hub.server.fetched(".segment") == before + 1
    assert cases(synced) == 2
    assert installed(synced).list_version == 2


def test_targets_that_no_list_needs_any_more_leave_the_disk(listed: Site, synced: Unit) -> None:
    listed.hub.repository.snapshot(MISSING, [])
    listed.hub.publish()
    sync(synced)
    kept = {path.name for path in (listed.data / "watchlist" / "targets").iterdir()}
    assert kept == {installed(synced).keyring.sha256, installed(synced).segments[0].sha256}
    assert list(synced.store.partial.iterdir()) == []
    assert cases(synced) == 0


def test_segments_lie_on_disk_exactly_as_the_hub_served_them(listed: Site, synced: Unit) -> None:
    (segment,) = installed(synced).segments
    served = listed.hub.repository.segments[MISSING][1]
    assert (listed.data / "watchlist" / "targets" / segment.sha256).read_bytes() == served


def test_time_of_publication_is_what_the_hub_signed(listed: Site, unit: Unit) -> None:
    listed.hub.repository.published_at = now_ms() - 3_600_000
    listed.hub.publish()
    sync(unit)
    assert installed(unit).published_at == listed.hub.repository.published_at


def test_new_epoch_is_followed(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    repository.start_epoch(MISSING)
    repository.give_keyring(UNIT, [MISSING])
    repository.delta(MISSING, upserts=[fresh_entry(recogniser)])
    listed.hub.publish()
    sync(synced)
    assert cases(synced) == 3


def test_slice_that_is_no_longer_published_leaves_the_list(listed: Site, unit: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    repository.snapshot(SHELTERS, [fresh_entry(recogniser)])
    repository.give_keyring(UNIT, [MISSING, SHELTERS])
    listed.hub.publish()
    sync(unit)
    assert cases(unit) == 3
    del repository.segments[SHELTERS]
    listed.hub.publish()
    sync(unit)
    assert cases(unit) == 2


def test_server_that_is_down_or_missing(listed: Site, synced: Unit) -> None:
    listed.hub.server.mischief.down = True
    require_refused(synced, HubUnreachableError, "stays in use")
    nowhere = synced.settings.model_copy(update={"watchlist_url": f"https://127.0.0.1:{free_port()}/watchlist"})
    require_refused(replace(synced, settings=nowhere), HubUnreachableError, "breaks off")


def test_unit_without_a_keyring_is_told_who_must_act(listed: Site, unit: Unit) -> None:
    listed.hub.repository.keyrings.clear()
    listed.hub.publish()
    with pytest.raises(KeyringMissingError, match="operator"):
        sync(unit)


def test_timestamp_rollback(listed: Site, synced: Unit) -> None:
    old = dict(listed.hub.server.files)
    listed.hub.publish()
    sync(synced)
    listed.hub.server.files = old
    require_refused(synced, RepositoryRejectedError)


def test_snapshot_rollback_under_a_new_timestamp(listed: Site, synced: Unit) -> None:
    listed.hub.publish()
    sync(synced)
    listed.hub.repository.versions["snapshot"] = 0
    listed.hub.publish()
    require_refused(synced, RepositoryRejectedError)


def test_freeze_with_an_expired_timestamp(listed: Site, synced: Unit) -> None:
    listed.hub.repository.timestamp_life = timedelta(minutes=-1)
    listed.hub.publish()
    require_refused(synced, RepositoryRejectedError, "clock")


def test_freeze_while_the_machines_clock_is_wrong(listed: Site, synced: Unit) -> None:
    listed.hub.repository.timestamp_life = timedelta(minutes=10)
    listed.hub.publish()
    later = now_ms() + 3_600_000
    before = installed(synced)
    uptime = synced.clock.uptime
    unit = replace(synced, clock=TrustedClock(lambda: 0, uptime, KnownTime(later, None, later, uptime())))
    with pytest.raises(RepositoryRejectedError, match="expired"):
        sync(unit)
    assert installed(synced) == before


def test_mix_and_match_of_two_snapshots(listed: Site, synced: Unit) -> None:
    old = dict(listed.hub.server.files)
    listed.hub.repository.snapshot(MISSING, [])
    listed.hub.publish()
    role = "/watchlist/metadata/2.slices/bd/missing.json"
    listed.hub.server.files[role] = old["/watchlist/metadata/1.slices/bd/missing.json"]
    require_refused(synced, RepositoryRejectedError)


def test_metadata_that_the_hub_did_not_sign(listed: Site, synced: Unit) -> None:
    listed.hub.publish()
    timestamp = json.loads(listed.hub.server.files["/watchlist/metadata/timestamp.json"])
    timestamp["signed"]["expires"] = "2099-01-01T00:00:00Z"
    listed.hub.server.mischief.replaced["timestamp.json"] = json.dumps(timestamp).encode()
    require_refused(synced, RepositoryRejectedError)


@pytest.mark.parametrize("change", ["flipped", "short", "long"])
def test_segment_that_was_altered_on_the_way(listed: Site, synced: Unit, change: str) -> None:
    listed.hub.repository.snapshot(MISSING, [])
    data = listed.hub.repository.segments[MISSING][2]
    listed.hub.publish()
    altered = {"flipped": data[:-1] + bytes([data[-1] ^ 1]), "short": data[:-1], "long": data + b"x"}[change]
    listed.hub.server.mischief.replaced[".2.segment"] = altered
    require_refused(synced, MissingChildAlertError)
    listed.hub.server.mischief.replaced.clear()
    sync(synced)
    assert cases(synced) == 0


@pytest.mark.parametrize("end", ["timestamp.json", ".snapshot.json", ".targets.json", ".2.segment"])
def test_endless_data(listed: Site, synced: Unit, end: str) -> None:
    listed.hub.repository.snapshot(MISSING, [])
    listed.hub.publish()
    listed.hub.server.mischief.endless.add(end)
    require_refused(synced, HubUnreachableError)


def test_segment_of_another_slice_under_this_slices_name(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    columns = entry_columns([fresh_entry(recogniser)], [2])
    foreign = Segment(SHELTERS, 2, snapshot=True, upserts=columns, removals=())
    repository.segments[MISSING] = {2: repository.encrypt(foreign, path=segment_path(MISSING, 2))}
    listed.hub.publish()
    require_refused(synced, UnsealError)


def test_segment_listed_by_the_role_of_another_slice(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    repository.snapshot(SHELTERS, [fresh_entry(recogniser)])
    segments = {segment_path(SHELTERS, number): data for number, data in repository.segments[SHELTERS].items()}
    listed.hub.publish(listed={MISSING: segments})
    require_refused(synced, FieldError, "listed under")


def test_segment_moved_to_another_number(listed: Site, synced: Unit) -> None:
    repository = listed.hub.repository
    repository.segments[MISSING][2] = repository.segments[MISSING][1]
    listed.hub.publish()
    require_refused(synced, UnsealError)


def test_segment_that_is_missing_between_two(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    repository.delta(MISSING, upserts=[fresh_entry(recogniser)])
    repository.delta(MISSING, removals=[OBAMA])
    del repository.segments[MISSING][2]
    listed.hub.publish()
    require_refused(synced, SegmentOrderError, "missing")


def test_segment_under_an_epoch_that_has_ended(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    repository = listed.hub.repository
    old = repository.keys[MISSING][:]
    repository.start_epoch(MISSING)
    repository.give_keyring(UNIT, [MISSING])
    repository.snapshot(MISSING, sample_entries(recogniser))
    repository.keys[MISSING] = old
    repository.delta(MISSING, upserts=[fresh_entry(recogniser)])
    listed.hub.publish()
    require_refused(synced, SegmentOrderError, "epoch")


def test_segment_under_a_key_that_this_unit_was_not_given(listed: Site, synced: Unit) -> None:
    listed.hub.repository.start_epoch(MISSING)
    listed.hub.repository.snapshot(MISSING, [])
    listed.hub.publish()
    require_refused(synced, EpochKeyMissingError)


def test_keyring_of_another_unit(listed: Site, synced: Unit) -> None:
    add_unit(listed.folder, THEIRS, site=SITE, slices=(), now=datetime.now(UTC))
    repository = listed.hub.repository
    repository.give_keyring(UNIT, [MISSING], sealed_to=THEIRS)
    listed.hub.publish()
    require_refused(synced, WrongRecipientError)
    theirs = Keyring(THEIRS, tuple(repository.keys[MISSING]), now_ms() + 86_400_000)
    repository.keyrings[UNIT] = repository.seal(theirs.to_bytes(), MessageType.KEYRING, UNIT)
    listed.hub.publish()
    require_refused(synced, ForeignKeyringError)


def test_damaged_target_on_disk_is_fetched_again(listed: Site, synced: Unit) -> None:
    (segment,) = installed(synced).segments
    path = listed.data / "watchlist" / "targets" / segment.sha256
    path.write_bytes(secrets.token_bytes(path.stat().st_size))
    with pytest.raises(StoredListDamagedError, match="mca edge sync"):
        synced.loader.load_installed()
    sync(synced)
    assert cases(synced) == 2


def test_damaged_record_on_disk_is_made_again(listed: Site, synced: Unit) -> None:
    record = listed.data / "watchlist" / "installed.json"
    for damage in (b"", b"{}", b'{"keyring": 5', record.read_bytes().replace(b"sha256", b"sha257")):
        record.write_bytes(damage)
        with pytest.raises(StoredListDamagedError, match="mca edge sync"):
            synced.loader.load_installed()
    sync(synced)
    assert cases(synced) == 2


def test_metadata_files_emptied_by_a_power_cut_are_fetched_again(listed: Site, synced: Unit) -> None:
    for path in synced.store.metadata.glob("*.json"):
        if not path.is_symlink():
            path.write_bytes(b"")
    sync(synced)
    assert cases(synced) == 2


def test_leftovers_of_a_killed_synchronisation_are_removed(listed: Site, synced: Unit) -> None:
    leftovers = [synced.store.metadata / "tmpabc123", synced.store.partial / "old", synced.store.target_file("00")]
    for path in leftovers:
        path.write_bytes(b"left over")
    sync(synced)
    assert not any(path.exists() for path in leftovers)


def test_list_replaced_while_it_is_being_opened(listed: Site, synced: Unit, recogniser: Recogniser) -> None:
    """An intake opens the list in its own process, at any moment of a synchronisation in another."""
    stop = threading.Event()
    failures: list[MissingChildAlertError] = []

    def open_again_and_again() -> None:
        while not stop.is_set():
            try:
                assert cases(synced) == 2
            except MissingChildAlertError as error:
                failures.append(error)

    reader = threading.Thread(target=open_again_and_again)
    reader.start()
    entries = sample_entries(recogniser)
    for _ in range(15):
        listed.hub.repository.snapshot(MISSING, entries)
        listed.hub.publish()
        sync(synced)
    stop.set()
    reader.join()
    assert failures == []
