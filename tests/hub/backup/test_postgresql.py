"""A hub on PostgreSQL comes back from one file too: its database through pg_restore, into an empty one."""

import shutil
import subprocess
from pathlib import Path

from hub.audit.service import AuditAction, entries
from hub.backup.keys import PRIVATE, PUBLIC, create_backup_key, load_private
from hub.backup.members import DUMP
from hub.backup.service import make_backup, restore
from hub.bootstrap import build_services
from hub.config import load_settings
from tests.support.hub_site import HubSite, register
from tests.support.postgres import Postgres

PASSPHRASE = "copper lantern walks at noon"


def test_hub_on_postgresql_is_restored_from_a_copy_into_an_empty_database(postgres: Postgres, tmp_path: Path) -> None:
    create_backup_key(tmp_path / "offline", PASSPHRASE)
    with postgres.database() as lost, postgres.database(migrated=False) as empty:
        site = HubSite(tmp_path, database_url=lost)
        shutil.copy(tmp_path / "offline" / PUBLIC, site.config.parent)
        with site.config.open("a") as settings:
            settings.write('backup_key_file = "backup.pub"\n')
        with site.services() as hub:
            case = register(hub, "GD 4711/2026")
            with hub.database.read() as connection:
                before = hub.cases.summary(connection, case)
            portrait = hub.cases.portrait(case, before.photos[0])
            make_backup(hub, site.config, tmp_path / "backup.mca", "tester")
        card, key = site.hub, load_private(tmp_path / "offline" / PRIVATE, PASSPHRASE)
        shutil.move(site.folder, tmp_path / "lost")

        restore(tmp_path / "backup.mca", tmp_path / "new", key, card)
        config = tmp_path / "new" / "hub" / "hub.toml"
        dump = tmp_path / "new" / "hub" / "data" / DUMP
        subprocess.run(
            ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={empty}", str(dump)], check=True, timeout=120
        )
        config.write_text(config.read_text().replace(lost, empty))
        again = build_services(load_settings(config), site.clock)
        with again.database.read() as connection:
            assert again.cases.summary(connection, case) == before
            assert again.audit.verify(connection).findings == ()
            assert entries(connection)[-1].action is AuditAction.BACKUP_RESTORED
        assert again.cases.portrait(case, before.photos[0]) == portrait
        again.database.close()
