"""What an authority's folder holds, for people: units and services, how long their certificates last, revocations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import Root

from provisioning.authority import read_certificate
from provisioning.errors import DamagedFolderError
from provisioning.ledger import Ledger
from provisioning.places import AUTHORITY, hub_tuf, hub_units
from provisioning.registry import Registry
from provisioning.renewal import DUE
from provisioning.root.creation import ROOT_FILE
from provisioning.root.proposal import load_root


@dataclass(frozen=True, slots=True)
class Row:
    """Something that lasts until a day: a unit's or a service's certificate, the authority, or the TUF root."""

    name: str
    place: str  # the unit's site, or what the row is
    until: datetime
    note: str


def overview(folder: Path, *, now: datetime) -> list[Row]:
    """Units by name, then revoked units, then the hub's own. Raises NotProvisionedError or DamagedFolderError."""
    registry = Registry(hub_units(folder))
    ends = {(issued.name, issued.is_server): issued.until for issued in Ledger(folder / AUTHORITY).latest()}

    def end(name: str) -> datetime:
        if (name, False) not in ends:
            raise DamagedFolderError(
                f"The certificate of {name} is missing from the authority's folder. Restore it from a backup."
            )
        return ends.pop((name, False))

    rows = []
    for record in registry.records():
        until = end(record.unit)
        rows.append(Row(record.unit, record.site, until, _note(until, now, f"mca provision renew DIR {record.unit}")))
    for revocation in registry.revocations():
        note = f"revoked {revocation.at:%Y-%m-%d}, {revocation.reason}"
        rows.append(Row(revocation.record.unit, revocation.record.site, end(revocation.record.unit), note))
    for (name, is_server), until in sorted(ends.items()):
        option = "--broker" if (name, is_server) == ("broker", True) else "--hub"
        what = "service" if is_server else "hub"
        rows.append(Row(name, what, until, _note(until, now, f"mca provision renew DIR {option}")))
    return [*rows, *_roots(folder, now)]


def table(rows: Iterable[Row]) -> list[str]:
    """The rows as lines in columns."""
    cells = [
        ("NAME", "PLACE", "UNTIL", ""),
        *((row.name, row.place, f"{row.until:%Y-%m-%d}", row.note) for row in rows),
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip()
        for line in cells
    ]


def _roots(folder: Path, now: datetime) -> list[Row]:
    authority = read_certificate(folder / AUTHORITY).not_valid_after_utc
    root: Root = load_root(hub_tuf(folder) / ROOT_FILE).signed
    return [
        Row("authority", "certificates", authority, _note(authority, now, "a new authority is needed")),
        Row(f"root {root.version}", "watchlist", root.expires, _note(root.expires, now, "mca provision root propose")),
    ]


def _note(until: datetime, now: datetime, remedy: str) -> str:
    if until <= now:
        return f"ENDED: {remedy}"
    return f"ends in {(until - now).days} days: {remedy}" if until - now < DUE else ""
