"""A hub that is lost, and comes back from a copy of its backup; and everything that must not come back."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults import UnavailableError
from hub.audit.service import AuditAction, entries
from hub.backup.errors import BackupDamagedError, BackupSettingsError, RestoreRefusedError
from hub.backup.keys import PRIVATE, PUBLIC, create_backup_key, load_private
from hub.backup.service import make_backup, restore
from hub.bootstrap import Services, build_services
from hub.config import load_settings
from hub.recovery import RESTORED
from protocol.envelope import MessageType, open_envelope
from protocol.ids import CaseId, SightingId
from protocol.keys import OpeningKey
from protocol.notice import Notice, NoticeKind
from tests.support.full_disk import files_of_at_most
from tests.support.hub_site import UNIT, HubSite, register
from tests.support.tuf_unit import DirectFetcher, TufUnit

PASSPHRASE = "copper lantern walks at noon"


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    """A hub with a backup key."""
    site = HubSite(tmp_path)
    create_backup_key(tmp_path / "offline", PASSPHRASE)
    shutil.copy(tmp_path / "offline" / PUBLIC, site.config.parent)
    with site.config.open("a") as settings:
        settings.write('backup_key_file = "backup.pub"\n')
    return site


@pytest.fixture
def key(site: HubSite, tmp_path: Path) -> OpeningKey:
    return load_private(tmp_path / "offline" / PRIVATE, PASSPHRASE)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        yield services


@pytest.fixture
def case(hub: Services) -> CaseId:
    registered = register(hub, "GD 4711/2026")
    hub.watchlist.publish("test")
    return registered


@pytest.fixture
def backup(site: HubSite, hub: Services, case: CaseId, tmp_path: Path) -> Path:
    file = tmp_path / "backup.mca"
    assert make_backup(hub, site.config, file, "tester").left_out == ()
    return file


def restored(folder: Path, site: HubSite) -> Services:
    return build_services(load_settings(folder / "hub" / "hub.toml"), site.clock)


def test_everything_can_be_read_again_from_a_copy_alone(
    site: HubSite, hub: Services, backup: Path, key: OpeningKey, tmp_path: Path
) -> None:
    with hub.database.read() as connection:
        (case,) = [summary.id for summary in hub.cases.summaries(connection)]
        before = hub.cases.summary(connection, case)
        portrait = hub.cases.portrait(case, before.photos[0])
        trail = entries(connection)
    head = hub.audit.sign_head()
    broker = {path.name: path.read_bytes() for path in (site.folder / "broker").iterdir() if path.is_file()}
    hub.database.close()
    copy = tmp_path / "elsewhere.mca"
    shutil.copy(backup, copy)
    card = site.hub
    shutil.move(site.folder, tmp_path / "lost")
    restore(copy, tmp_path / "new", key, card)
    again = restored(tmp_path / "new", site)
    with again.database.read() as connection:
        assert again.cases.summary(connection, case) == before
        assert again.cases.portrait(case, before.photos[0]) == portrait
        found = entries(connection)
        assert found[: len(trail) - 1] == trail[:-1], "the entry of the backup itself came after it"
        assert found[-1].action is AuditAction.BACKUP_RESTORED
        verification = again.audit.verify(connection)
        assert verification.findings == ()
        later = again.audit.verify(connection, again.audit.read_heads(head))
        assert later.findings, "a head from after the backup shows that something is missing"
    assert {path.name: path.read_bytes() for path in (tmp_path / "new" / "broker").iterdir()} == broker
    again.database.close()


def test_restored_hub_is_believed_by_units_that_saw_later_lists_and_numbers(
    site: HubSite, hub: Services, backup: Path, key: OpeningKey, tmp_path: Path
) -> None:
    unit = TufUnit(tmp_path / "unit", site, DirectFetcher(hub.watchlist), unit=site.unit(UNIT).identity)
    for number in range(3):
        register(hub, f"GD {number}/2026")
        hub.watchlist.publish("test")
    unit.refresh()
    last = _sealed_number(site, hub)
    restore(backup, tmp_path / "new", key, site.hub)
    again = restored(tmp_path / "new", site)
    assert not (again.settings.data / RESTORED).exists()
    again.watchlist.publish("start")
    follower = TufUnit(tmp_path / "unit", site, DirectFetcher(again.watchlist), unit=site.unit(UNIT).identity)
    assert len(follower.cases()) == 1
    assert _sealed_number(site, again) > last
    again.database.close()


def test_backup_of_a_hub_that_goes_on_writing_is_of_one_moment(
    site: HubSite, hub: Services, case: CaseId, key: OpeningKey, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            hub.cases.renew(case, "tester")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        make_backup(hub, site.config, tmp_path / "backup.mca", "tester")
    finally:
        stop.set()
        writer.join()
    restore(tmp_path / "backup.mca", tmp_path / "new", key, site.hub)
    again = restored(tmp_path / "new", site)
    with again.database.read() as connection:
        assert again.audit.verify(connection).findings == ()
    again.database.close()


def test_backup_holds_no_key_and_no_reference_in_plain_text(site: HubSite, backup: Path) -> None:
    data = backup.read_bytes()
    secrets = [path.read_bytes().strip() for path in (site.folder / "hub").rglob("*.key")]
    assert len(secrets) >= 8
    for secret in (*secrets, b"SQLite format 3", b"GD 4711", b"audit_entries", b"hub.toml"):
        assert secret not in data
    assert backup.stat().st_mode & 0o777 == 0o600


def test_no_key_is_written_anywhere_while_a_backup_is_made(
    site: HubSite, hub: Services, case: CaseId, tmp_path: Path
) -> None:
    before = _names(tmp_path)
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.update(_names(tmp_path) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    make_backup(hub, site.config, tmp_path / "backup.mca", "tester")
    stop.set()
    watcher.join()
    new = {Path(name).name for name in (seen | _names(tmp_path)) - before}
    assert {name for name in new if not name.startswith((".snapshot.", "hub.sqlite3-"))} <= {
        "backup.mca",
        "backup.mca.partial",
    }
    assert {Path(name).name for name in _names(tmp_path) - before} - {"hub.sqlite3-wal", "hub.sqlite3-shm"} == {
        "backup.mca"
    }


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damaged_backup_is_refused_whole(
    site: HubSite, backup: Path, key: OpeningKey, tmp_path: Path, damage: str
) -> None:
    data = bytearray(backup.read_bytes())
    if damage == "cut":
        del data[-1:]
    else:
        data[-10] ^= 1
    backup.write_bytes(data)
    before = _names(tmp_path)
    with pytest.raises(BackupDamagedError):
        restore(backup, tmp_path / "new", key, site.hub)
    assert _names(tmp_path) == before


def test_restore_never_overwrites(site: HubSite, backup: Path, key: OpeningKey, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("folder", "file", "link"):
        with pytest.raises(RestoreRefusedError):
            restore(backup, tmp_path / name, key, site.hub)
    assert list((tmp_path / "folder").iterdir()) == []


def test_backup_never_overwrites_an_older_one(site: HubSite, hub: Services, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(RestoreRefusedError):
        make_backup(hub, site.config, backup, "tester")
    assert backup.read_bytes() == before


@pytest.mark.parametrize("room", [20_000, None])
def test_full_disk_leaves_nothing_that_looks_like_a_backup(
    site: HubSite, hub: Services, backup: Path, tmp_path: Path, room: int | None
) -> None:
    before = _names(tmp_path)
    with (
        files_of_at_most(room or backup.stat().st_size - 1),
        pytest.raises(UnavailableError, match=r"could not be (copied|written)"),
    ):
        make_backup(hub, site.config, tmp_path / "new.mca", "tester")
    assert _names(tmp_path) == before


def test_backup_that_was_cut_off_is_not_written_over(
    site: HubSite, hub: Services, case: CaseId, tmp_path: Path
) -> None:
    (tmp_path / "backup.mca.partial").write_text("half")
    with pytest.raises(RestoreRefusedError, match="another backup is being made"):
        make_backup(hub, site.config, tmp_path / "backup.mca", "tester")
    assert (tmp_path / "backup.mca.partial").read_text() == "half"


def test_file_elsewhere_is_named_and_left_out(site: HubSite, hub: Services, tmp_path: Path) -> None:
    pack, elsewhere = site.folder / "pack", tmp_path / "elsewhere"
    for folder in (pack, elsewhere):
        folder.mkdir()
        (folder / "file").write_text("x")
    changed = hub.settings.model_copy(update={"pack": pack, "alert_replies_secret_file": elsewhere / "file"})
    members = make_backup(replace(hub, settings=changed), site.config, tmp_path / "backup.mca", "tester")
    assert members.left_out == (elsewhere / "file",)
    assert pack / "file" in members.files


def test_keys_outside_the_installation_cannot_be_backed_up_silently_without_them(
    site: HubSite, hub: Services, tmp_path: Path
) -> None:
    changed = hub.settings.model_copy(update={"storage_key": tmp_path / "storage.key"})
    with pytest.raises(BackupSettingsError, match=r"storage\.key lies outside"):
        make_backup(replace(hub, settings=changed), site.config, tmp_path / "backup.mca", "tester")


def test_hub_without_a_backup_key_is_told_how_to_make_one(site: HubSite, hub: Services, tmp_path: Path) -> None:
    hub_without = replace(hub, settings=hub.settings.model_copy(update={"backup_key_file": None}))
    with pytest.raises(BackupSettingsError, match="mca hub backup-key"):
        make_backup(hub_without, site.config, tmp_path / "backup.mca", "tester")


def test_existing_backup_key_is_never_replaced(site: HubSite, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefusedError, match="cannot be opened"):
        create_backup_key(tmp_path / "offline", PASSPHRASE)


def test_backup_and_restore_at_a_terminal(site: HubSite, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    made = site.run("backup-key", str(tmp_path / "stick"), "--passphrase-file", str(passphrase))
    assert "Copy " in made.stdout
    shutil.copy(tmp_path / "stick" / PUBLIC, site.config.parent)
    backed_up = site.run("backup", str(tmp_path / "backup.mca"))
    assert "and the database" in backed_up.stdout, backed_up.stderr
    options = ["--key", str(tmp_path / "stick" / PRIVATE), "--card", str(site.unit_folder() / "hub-card.json")]
    options += ["--passphrase-file", str(passphrase)]
    done = site.run("restore", str(tmp_path / "backup.mca"), str(tmp_path / "new"), *options)
    first, warning = done.stdout.splitlines()
    assert first == f"The hub is restored in {tmp_path / 'new'}.", done.stderr
    assert "No --ledger was given" in warning
    status = site.run("status", "--json", MCA_HUB_CONFIG=str(tmp_path / "new" / "hub" / "hub.toml"))
    assert status.returncode == 0, status.stderr


def _names(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def _sealed_number(site: HubSite, hub: Services) -> int:
    """The sequence number under which the hub seals its next message to the unit."""
    notice = Notice(SightingId("00" * 16), "7Q2M-FX4K", NoticeKind.CALL_DESK, 1)
    with hub.database.begin() as connection:
        envelope = hub.fleet.seal(connection, UNIT, MessageType.NOTICE, notice.to_bytes())
    opened = open_envelope(
        envelope,
        recipient=site.unit(UNIT).identity,
        find_sender=lambda name: site.hub if name == site.hub.name else None,
        expected=MessageType.NOTICE,
    )
    return opened.header.sequence
