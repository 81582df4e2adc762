"""Which files make up a hub: its settings, its keys, its units, its broker's folder, and its database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.backup.errors import BackupSettingsError
from hub.config import BrokerKind, HubSettings
from models.pack import default_pack_path

DATABASE = "hub.sqlite3"
DUMP = "hub.pgdump"  # Of a database in PostgreSQL, for pg_restore.
_IDENTITY = ("signing.key", "opening.key", "card.json")


@dataclass(frozen=True, slots=True)
class Members:
    """`files` lie under `root` and go into the backup by their paths there; `left_out` lie elsewhere."""

    root: Path
    database: Path
    files: tuple[Path, ...]
    left_out: tuple[Path, ...]


def members_of(config: Path, settings: HubSettings) -> Members:
    """`config`: the settings' file; its folder's parent is the root. Raises BackupSettingsError."""
    root = config.resolve().parent.parent
    found = sorted({path.resolve() for path in _files(config, settings)})
    inside = [path for path in found if path.is_relative_to(root)]
    database = (settings.data / (DATABASE if settings.database is None else DUMP)).resolve()
    needed = {(settings.identity / name).resolve() for name in _IDENTITY} | {settings.storage_key.resolve(), database}
    outside = sorted(str(path) for path in needed if not path.is_relative_to(root))
    if outside:
        raise BackupSettingsError(
            f"{', '.join(outside)} lies outside {root}. A hub that is to be backed up keeps its keys and data there."
        )
    return Members(root, database, tuple(inside), tuple(path for path in found if path not in inside))


def _files(config: Path, settings: HubSettings) -> Iterator[Path]:
    yield config
    yield settings.storage_key
    yield from (settings.identity / name for name in _IDENTITY)
    for folder in (settings.tuf, settings.tls, settings.units):
        yield from _plain_files(folder)
    if settings.broker is BrokerKind.EMBEDDED:
        yield from _plain_files(settings.broker_config.parent)
    for pack in (settings.pack, settings.other_pack):
        if pack is not None and pack != default_pack_path():
            yield from _plain_files(pack)
    optional = (settings.alert_replies_secret_file, settings.audit_witness_recipients_file, settings.backup_key_file)
    yield from (path for path in optional if path is not None)


def _plain_files(folder: Path) -> Iterator[Path]:
    # Not the folders inside: what the broker keeps in flight is sent again by units.
    return (path for path in folder.iterdir() if path.is_file())
