"""Making and restoring backups. A backup is whole or refused; nothing is ever overwritten."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, BinaryIO

from credentials.private_files import DiskError, sync_directory, write_private
from hub.audit.service import AuditAction, record
from hub.backup.archive import pack, unpack
from hub.backup.container import Sealer, open_sealed
from hub.backup.errors import BackupDamagedError, BackupSettingsError, RestoreRefusedError
from hub.backup.keys import load_public
from hub.backup.members import DATABASE, DUMP, Members, members_of
from hub.erasure.ledger import FILE_NAME, read_ledger
from hub.recovery import RESTORED
from protocol.keys import Identity, OpeningKey

if TYPE_CHECKING:
    from hub.bootstrap import Services


def make_backup(services: "Services", config: Path, target: Path, actor: str) -> Members:
    """Write a backup of the running or stopped hub to a new file; says what lies outside and was left out.

    Raises BackupSettingsError, RestoreRefusedError, DiskError or DatabaseUnavailableError.
    """
    settings = services.settings
    if settings.backup_key_file is None:
        raise BackupSettingsError(
            "No backup key is set. Make one with `mca hub backup-key` on a machine that stays offline, copy its"
            ' backup.pub beside hub.toml, and write: backup_key_file = "backup.pub"'
        )
    recipient, members = load_public(settings.backup_key_file), members_of(config, settings)
    with _new_file(target) as file:
        sealer = Sealer(file, services.identity, recipient, services.clock())
        sealer.write_all(pack(_named_files(services, members)))
        sealer.check(file)
    with services.database.begin() as connection:
        record(connection, AuditAction.BACKUP_MADE, actor=actor, subject=settings.hub, at=services.clock())
    return members


def restore(source: Path, folder: Path, key: OpeningKey, hub: Identity, ledger: Path | None = None) -> None:
    """Bring a backup back as a new folder. The whole is checked before anything is written.

    `hub`: the hub's card, kept apart. `ledger`: of what was erased since; the restored hub erases it again before it
    serves anybody. Raises BackupDamagedError, LedgerDamagedError, RestoreRefusedError or DiskError.
    """
    _refuse_existing(folder)
    if ledger is not None:
        read_ledger(ledger, hub.verify_key)
    try:
        with source.open("rb") as file:
            for _ in open_sealed(file, key, hub):
                pass
            _unpack_whole(lambda: open_sealed(file, key, hub), folder, ledger)
    except OSError as error:
        raise DiskError(f"The backup could not be restored: {error.strerror}.") from error


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """A private file that has its name only once it is whole and on disk. Raises RestoreRefusedError or DiskError."""
    _refuse_existing(target)
    partial = target.with_name(f"{target.name}.partial")
    try:
        file = os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "r+b")
    except FileExistsError:
        raise RestoreRefusedError(f"{partial} is there: another backup is being made, or one was cut off.") from None
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror}.") from error
    try:
        with file:
            yield file
            os.fsync(file.fileno())
        partial.rename(target)
        sync_directory(target.resolve().parent)
    except OSError as error:
        partial.unlink()
        raise DiskError(f"{target} could not be written: {error.strerror}.") from error
    except BaseException:
        partial.unlink()
        raise


def _named_files(services: "Services", members: Members) -> Iterator[tuple[str, BinaryIO]]:
    for path in members.files:
        with path.open("rb") as file:
            yield path.relative_to(members.root).as_posix(), file
    with services.database.snapshot(members.database.parent) as file:
        yield members.database.relative_to(members.root).as_posix(), file


def _unpack_whole(content: Callable[[], Iterator[bytes]], folder: Path, ledger: Path | None) -> None:
    parent = folder.resolve().parent
    staging = Path(tempfile.mkdtemp(dir=parent, prefix=f".{folder.name}."))
    try:
        unpack(content(), staging)
        database = next(staging.rglob(DUMP), None) or _sound_database(staging)
        if ledger is not None:
            write_private(database.parent / FILE_NAME, ledger.read_bytes())
        write_private(database.parent / RESTORED, b"")
        staging.rename(folder)
    except BaseException:
        rmtree(staging)
        raise
    sync_directory(parent)


def _sound_database(folder: Path) -> Path:
    path = next(folder.rglob(DATABASE), None)
    if path is None:
        raise BackupDamagedError("The backup holds no database.")
    database = sqlite3.connect(path)
    try:
        sound = database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    finally:
        database.close()
    if not sound:
        raise BackupDamagedError("The database in the backup is damaged, as it was when the backup was made.")
    return path


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise RestoreRefusedError(f"{path} is there already. Name one that is not.")
