"""What `mca edge status` says: of the unit, and of no person."""

from typing import TypedDict

from edge_agent.bootstrap import Unit, build_desk, unit_alarms
from edge_agent.trusted_time import HOUR, Milliseconds, as_datetime, as_day
from edge_agent.watchlist.store import WatchlistUnusableError


class Status(TypedDict):
    """The object of `mca edge status --json`. Times are ISO 8601 in UTC; null where there is none."""

    unit: str
    list_version: int
    list_published_at: str | None
    entries: int
    pending: int
    receipts: int
    refused: int
    erased: int
    outbox_bytes: int
    outbox_limit: int
    waiting: int
    kept: int
    expired: int
    last_sync: str | None
    list_confirmed_at: str | None
    list_unusable: str | None
    stale: bool
    matching: bool
    key_store: str
    key_store_weakness: str | None
    alarms: list[str]
    pack: str


def read_status(unit: Unit) -> Status:
    """How the unit is now. `entries`: cases on the list that have not expired.

    `list_unusable`: why nobody can be searched for, and what to do; null where all is well.
    `stale`: whether there is no list, or one that the hub has not confirmed for `warn_after_hours`.
    `matching`: whether intakes are compared; otherwise they wait. `waiting`, `kept`, `expired`: intakes that wait,
    templates kept for later searches, and intakes whose time ended before they could be compared.
    """
    moment = unit.clock.moment()
    now = moment.at
    counts, fill, intakes = unit.outbox.counts(), unit.outbox.fill(), unit.intakes.counts()
    watchlist, unusable = None, None
    try:
        watchlist = unit.loader.load_installed()
    except WatchlistUnusableError as error:
        unusable = str(error)
    installed = unit.store.readable()
    return Status(
        unit=unit.settings.unit,
        list_version=0 if installed is None else installed.list_version,
        list_published_at=None if installed is None else _iso(installed.published_at),
        entries=0 if watchlist is None else watchlist.index.cases_on(as_day(now)),
        pending=counts.pending,
        receipts=counts.receipts,
        refused=counts.refused,
        erased=counts.erased,
        outbox_bytes=fill.used,
        outbox_limit=fill.limit,
        waiting=intakes.waiting,
        kept=intakes.kept,
        expired=intakes.expired,
        last_sync=None if installed is None else _iso(installed.synced_at),
        list_confirmed_at=None if installed is None else _iso(installed.confirmed_at),
        list_unusable=unusable,
        stale=installed is None or installed.age(now) > unit.settings.warn_after_hours * HOUR,
        matching=watchlist is not None and build_desk(unit).may_use(watchlist),
        key_store=unit.settings.key_store,
        key_store_weakness=unit.vault.weakness,
        alarms=[*unit_alarms(unit, None if installed is None else installed.confirmed_at)],
        pack=unit.pack.digest,
    )


def status_lines(status: Status) -> list[str]:
    """The same for people."""
    published = status["list_published_at"] or "never"
    stale = "; STALE: connect this unit, or bring a stick, and run: mca edge sync" if status["stale"] else ""
    unusable = [] if status["list_unusable"] is None else [f"NO SEARCH   {status['list_unusable']}"]
    compared = "" if status["matching"] else "; NOBODY IS COMPARED until the watchlist is fresh"
    weakness = "" if status["key_store_weakness"] is None else f"; WARNING: {status['key_store_weakness']}"
    room = f" ({status['outbox_bytes'] / 1e6:.1f} of {status['outbox_limit'] / 1e6:.0f} MB)"
    lost = status["refused"] + status["erased"] + status["expired"]
    return [
        *unusable,
        f"Unit        {status['unit']}",
        f"Watchlist   version {status['list_version']}, published {published}, {status['entries']} cases",
        f"Last sync   {status['last_sync'] or 'never; run: mca edge sync'}",
        f"Confirmed   by the hub {status['list_confirmed_at'] or 'never'}{stale}",
        f"Intakes     {status['waiting']} wait for a watchlist; {status['kept']} kept to search again{compared}",
        f"Outbox      {status['pending']} wait for the hub's receipt{room}; {status['receipts']} confirmed",
        f"Lost        {lost}" + (": telephone the hub's desk" if lost else ""),
        f"Alarms      {', '.join(status['alarms']) or 'none'}",
        f"Key store   {status['key_store']}{weakness}",
        f"Pack        {status['pack']}",
    ]


def _iso(moment: Milliseconds) -> str:
    return as_datetime(moment).isoformat(timespec="seconds").replace("+00:00", "Z")
