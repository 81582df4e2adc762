"""The first start after a restore: the hub goes on from an older state, and its units must go on believing it."""

from pathlib import Path
from typing import Final

from credentials.private_files import sync_directory
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database
from hub.erasure.ledger import ErasureLedger
from hub.fleet.service import FleetService
from hub.watchlist.service import WatchlistService
from protocol.ids import HubId

RESTORED: Final = "restored"  # In the data folder, from a restore until the hub has taken it into account.
# Far beyond what a hub can have sent or published since any backup: units accept no number a second time.
_LEAP: Final = 1_000_000


def recover(
    data: Path,
    database: Database,
    fleet: FleetService,
    watchlist: WatchlistService,
    ledger: ErasureLedger,
    *,
    hub: HubId,
    clock: Clock,
) -> None:
    """After a restore, number everything beyond what units can have seen, and erase what was erased since the backup.

    Otherwise nothing. Raises DiskError, LedgerDamagedError or DatabaseUnavailableError.
    """
    marker = data / RESTORED
    if not marker.exists():
        return
    # First, and again as long as the marker is there: nobody is to see what was erased.
    ledger.apply(data)
    now = clock()
    with database.begin() as connection:
        fleet.leap(connection, _LEAP)
        watchlist.leap(connection, _LEAP, now)
        record(connection, AuditAction.BACKUP_RESTORED, actor="hub", subject=hub, at=now)
    marker.unlink()
    sync_directory(data)
