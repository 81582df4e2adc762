"""What `mca edge status` says: of the unit, and of no person."""

from typing import Final, TypedDict

from edge_agent.bootstrap import Unit
from edge_agent.trusted_time import Milliseconds, as_datetime, as_day
from edge_agent.watchlist.store import NeverSyncedError

_HOUR: Final = 3_600_000


class Status(TypedDict):
    """The object of `mca edge status --json`. Times are ISO 8601 in UTC; null where there is none."""

    unit: str
    list_version: int
    list_published_at: str | None
    entries: int
    pending: int
    receipts: int
    last_sync: str | None
    list_confirmed_at: str | None
    stale: bool
    pack: str


def read_status(unit: Unit) -> Status:
    """How the unit is now. `entries`: cases on the list that have not expired.

    `stale`: whether there is no list, or one that the hub has not confirmed for `warn_after_hours`.
    """
    now = unit.clock.now()
    counts = unit.outbox.counts()
    try:
        watchlist = unit.loader.load_installed()
    except NeverSyncedError:
        watchlist = None
    installed = None if watchlist is None else watchlist.installed
    return Status(
        unit=unit.settings.unit,
        list_version=0 if installed is None else installed.list_version,
        list_published_at=None if installed is None else _iso(installed.published_at),
        entries=0 if watchlist is None else watchlist.index.cases_on(as_day(now)),
        pending=counts.pending,
        receipts=counts.receipts,
        last_sync=None if installed is None else _iso(installed.synced_at),
        list_confirmed_at=None if installed is None else _iso(installed.confirmed_at),
        stale=installed is None or now - installed.confirmed_at > unit.settings.warn_after_hours * _HOUR,
        pack=unit.pack.digest,
    )


def status_lines(status: Status) -> list[str]:
    """The same for people."""
    published = status["list_published_at"] or "never"
    warning = "; STALE: connect this unit, or bring a stick, and run: mca edge sync" if status["stale"] else ""
    return [
        f"Unit        {status['unit']}",
        f"Watchlist   version {status['list_version']}, published {published}, {status['entries']} cases",
        f"Last sync   {status['last_sync'] or 'never; run: mca edge sync'}",
        f"Confirmed   by the hub {status['list_confirmed_at'] or 'never'}{warning}",
        f"Waiting     {status['pending']} for the hub's receipt; {status['receipts']} confirmed",
        f"Pack        {status['pack']}",
    ]


def _iso(moment: Milliseconds) -> str:
    return as_datetime(moment).isoformat(timespec="seconds").replace("+00:00", "Z")
