"""A backup that is restored brings back what people took back, or the ledger that prevents it is forged or cut off."""

import shutil
from pathlib import Path

import pytest

from credentials.private_files import DiskError
from hub.audit.service import AuditAction, entries
from hub.backup.keys import PRIVATE, PUBLIC, create_backup_key, load_private
from hub.backup.service import make_backup, restore
from hub.bootstrap import Services, build_services
from hub.cases.service import CaseState, Reason
from hub.config import load_settings
from hub.erasure.ledger import LedgerDamagedError, read_ledger
from hub.erasure.model import LEDGER, Cause
from hub.ingest.service import UnknownSightingError
from hub.sites import EVERY_SITE
from protocol.keys import SigningKey
from protocol.sighting import Sighting
from tests.hub.erasure.bench import Bench, on_sqlite
from tests.support.full_disk import files_of_at_most
from tests.support.hub_site import register

# On PostgreSQL pg_restore is the operator's own step; what follows it is the same. tests/hub/backup/test_postgresql.py
PASSPHRASE = "copper lantern walks at noon"


def backed_up(bench: Bench, folder: Path) -> Path:
    create_backup_key(folder / "offline", PASSPHRASE)
    shutil.copy(folder / "offline" / PUBLIC, bench.site.config.parent)
    with bench.site.config.open("a") as settings:
        settings.write('backup_key_file = "backup.pub"\n')
    file = folder / "backup.mca"
    services = build_services(load_settings(bench.site.config), bench.site.clock)
    try:
        make_backup(services, bench.site.config, file, "tester")
    finally:
        services.database.close()
    return file


def restored(bench: Bench, backup: Path, folder: Path, ledger: Path | None) -> Services:
    key = load_private(backup.parent / "offline" / PRIVATE, PASSPHRASE)
    restore(backup, folder, key, bench.site.hub, ledger)
    return build_services(load_settings(folder / "hub" / "hub.toml"), bench.site.clock)


def holds(hub: Services, sighting: Sighting) -> bool:
    with hub.database.read() as connection:
        try:
            hub.sightings.sighting(connection, sighting.sighting_id)
        except UnknownSightingError:
            return False
        return True


@on_sqlite
def test_restored_backup_brings_back_what_was_erased_since(bench: Bench, tmp_path: Path) -> None:
    taken_back, kept = bench.intake(), bench.intake(token=bytes(16))
    case = register(bench.hub, "GD 2/2026")
    backup = backed_up(bench, tmp_path)
    bench.withdraw()
    with bench.hub.database.begin() as connection:
        bench.hub.erasure.erase(connection, case, Reason.FAMILY_ASKED, note="", actor="amina")
    bench.hub.intakes.ledger.follow_up()
    assert LEDGER not in bench.outstanding()
    ledger = bench.site.settings.erasure_ledger_path
    bench.hub.database.close()
    without = restored(bench, backup, tmp_path / "without", None)
    assert holds(without, taken_back)
    without.database.close()
    hub = restored(bench, backup, tmp_path / "with", ledger)
    try:
        assert (holds(hub, taken_back), holds(hub, kept)) == (False, True)
        with hub.database.read() as connection:
            assert hub.cases.summary(connection, case).state is CaseState.ERASED
            (erasure,) = hub.intakes.withdrawals.of_people(connection, EVERY_SITE)
            assert (erasure.cause, erasure.actor) == (Cause.WITHDRAWAL, "bd")
            assert entries(connection)[-1].action is AuditAction.BACKUP_RESTORED
    finally:
        hub.database.close()


@on_sqlite
def test_ledger_of_another_hub_or_altered_erases_something(bench: Bench, tmp_path: Path) -> None:
    sighting = bench.intake()
    backup = backed_up(bench, tmp_path)
    bench.withdraw()
    bench.hub.intakes.ledger.follow_up()
    ledger = bench.site.settings.erasure_ledger_path
    data = bytearray(ledger.read_bytes())
    data[40] ^= 1
    forged = tmp_path / "forged"
    forged.write_bytes(data)
    with pytest.raises(LedgerDamagedError):
        restored(bench, backup, tmp_path / "new", forged)
    assert not (tmp_path / "new").exists()
    with pytest.raises(LedgerDamagedError):
        read_ledger(ledger, SigningKey(b"\1" * 32).public)
    assert sighting.sighting_id.encode() not in ledger.read_bytes()


@on_sqlite
def test_line_that_a_power_cut_cut_off_hides_the_next(bench: Bench) -> None:
    ledger, key = bench.site.settings.erasure_ledger_path, bench.site.hub.verify_key
    bench.withdraw()
    bench.hub.intakes.ledger.follow_up()
    with ledger.open("ab") as file:
        file.write(b"half of a li")
    assert len(read_ledger(ledger, key)) == 1
    bench.withdraw(bytes(16))
    bench.hub.intakes.ledger.follow_up()
    assert len(read_ledger(ledger, key)) == 2
    assert bench.hub.intakes.ledger.follow_up() == 0


@on_sqlite
def test_full_disk_makes_the_ledger_forget_a_withdrawal(bench: Bench) -> None:
    bench.withdraw()
    with files_of_at_most(16), pytest.raises(DiskError):
        bench.hub.intakes.ledger.follow_up()
    assert LEDGER in bench.outstanding()
    bench.hub.intakes.ledger.follow_up()
    assert LEDGER not in bench.outstanding()
    assert len(read_ledger(bench.site.settings.erasure_ledger_path, bench.site.hub.verify_key)) == 1
