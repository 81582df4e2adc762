"""What the hub and the units have on their disks, read beside them. All that a campaign knows of tables is here."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from edge_agent.bootstrap import Unit, open_unit
from edge_agent.config import load_settings
from edge_agent.watchlist.keyring import epoch_key
from hub.atrest import Vault, load_vault
from hub.cases.sealing import photo_place
from protocol.columns import PHOTO_BYTES, SEXES, EntryColumns, column
from protocol.health import Health
from protocol.segment import decrypt_segment, segment_epoch
from protocol.targets import parse_segment_path
from tests.chaos.site import Part
from tests.support.hub_site import HUB

_SIGHTINGS = """
    SELECT id, unit, sequence, reference, envelope_digest,
           (SELECT count(*) FROM audit_entries WHERE subject = sightings.id)
    FROM sightings
"""
_PUBLISHED = """
    SELECT cases.id, sex, born_from, born_to, last_seen, listed_until, case_photos.id, pack_digest, sealed_vector
    FROM watchlist_entries JOIN cases ON cases.id = watchlist_entries.case_id
    JOIN case_photos ON case_photos.case_id = cases.id JOIN case_templates ON photo_id = case_photos.id
"""
_WITHOUT_TEMPLATE = """
    SELECT id FROM cases WHERE NOT EXISTS
    (SELECT 1 FROM case_photos JOIN case_templates ON photo_id = case_photos.id WHERE case_id = cases.id)
"""

Rows = Callable[[str], list[tuple[Any, ...]]]
"""The rows of a query, of one moment for all queries."""

Facts = tuple[object, ...]
"""All that an entry of a list says of a child but the templates."""

Template = tuple[str, bytes, bytes]
"""A photograph, the pack that made the template, and its numbers as units get them."""


@dataclass(frozen=True, slots=True)
class EntryLook:
    """A child on a list."""

    case: str
    facts: Facts
    templates: frozenset[Template]


@dataclass(frozen=True, slots=True)
class SightingLook:
    """A sighting at the hub. `audited`: how many entries of the audit trail speak of it."""

    id: str
    unit: str
    sequence: int
    reference: str
    digest: str
    audited: int


@dataclass(frozen=True, slots=True)
class HubLook:
    """The hub at one moment. Candidates and reviews are pairs of sighting and case."""

    sightings: list[SightingLook]
    candidates: list[tuple[str, str]]
    reviews: list[tuple[str, str]]
    cases: list[str]
    cases_without_template: list[str]
    published: dict[str, EntryLook]
    list_version: int
    told_list_version: dict[str, int]  # unit to what it last said of itself


@dataclass(frozen=True, slots=True)
class IntakeLook:
    """An intake that a unit has made a sighting of."""

    sighting: str
    digest: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class UnitLook:
    """A unit at one moment: messages that wait for a receipt, and intakes that wait for a list."""

    name: str
    intakes: list[IntakeLook]
    messages: int
    waiting: int
    list_version: int


def look_at_hub(hub: Part) -> HubLook:
    """One consistent look."""
    vault = load_vault(hub.folder / "storage.key")
    with _hub_database(hub) as rows:
        return HubLook(
            sightings=[
                SightingLook(name, unit, sequence, reference, digest.hex().upper(), audited)
                for name, unit, sequence, reference, digest, audited in rows(_SIGHTINGS)
            ],
            candidates=rows("SELECT sighting_id, case_id FROM sighting_candidates"),
            reviews=rows("SELECT source, case_id FROM reviews WHERE kind = 'sighting'"),
            cases=[case for (case,) in rows("SELECT id FROM cases")],
            cases_without_template=[case for (case,) in rows(_WITHOUT_TEMPLATE)],
            published=_published(rows(_PUBLISHED), vault),
            list_version=rows("SELECT max(version) FROM watchlist_files WHERE role = 'snapshot'")[0][0] or 0,
            told_list_version={
                unit: Health.from_bytes(report).list_version
                for unit, report in rows("SELECT unit, report FROM unit_health")
            },
        )


def sightings_at(hub: Part) -> int:
    """How many the hub has committed."""
    with _hub_database(hub) as rows:
        return int(rows("SELECT count(*) FROM sightings")[0][0])


def damage(parts: Sequence[Part]) -> list[str]:
    """What SQLite itself finds wrong with the databases' files."""
    found = []
    databases = [path for part in parts for path in (part.data / "hub.sqlite3", part.data / "unit.sqlite")]
    for path in filter(Path.exists, databases):
        with _database(path) as rows:
            found += [f"{path.name}: {said}" for (said,) in rows("PRAGMA integrity_check") if said != "ok"]
    return found


def look_at_unit(part: Part) -> UnitLook:
    """What needs no keys."""
    with _database(part.data / "unit.sqlite") as rows:
        intakes = [IntakeLook(*row) for row in rows("SELECT sighting_id, hex(digest), outcome FROM intakes")]
        messages = int(rows("SELECT count(*) FROM outbox")[0][0])
        waiting = int(rows("SELECT count(*) FROM waiting")[0][0])
    installed = part.data / "watchlist" / "installed.json"
    version = json.loads(installed.read_bytes())["list_version"] if installed.exists() else 0
    return UnitLook(f"{HUB}/{part.name}", intakes, messages, waiting, version)


def look_at_list(part: Part) -> list[EntryLook]:
    """The entries of the list that is installed at a unit, opened with its own keys."""
    with open_unit(load_settings(part.folder / "edge.toml")) as unit:
        return list(_installed(unit))


def _published(rows: list[tuple[Any, ...]], vault: Vault) -> dict[str, EntryLook]:
    """From the register itself, and not from what was made of it for units."""
    found: dict[str, EntryLook] = {}
    for case, sex, born_from, born_to, last_seen, listed_until, photo, pack, sealed in rows:
        facts = sex, born_from, born_to, _day(last_seen), _day(listed_until)
        vector = np.frombuffer(vault.decrypt(sealed, photo_place(photo, "template", pack)), "<f4").astype("<f2")
        before = found[case].templates if case in found else frozenset()
        found[case] = EntryLook(case, facts, before | {(photo, pack, vector.tobytes())})
    return found


def _installed(unit: Unit) -> Iterator[EntryLook]:
    """Each entry after the last segment, by the protocol alone: not by the code that the unit searches with."""
    installed = unit.store.installed()
    if installed is None:
        return
    keyring = unit.loader.open_keyring(installed.keyring)
    listed: dict[tuple[str, str], EntryLook] = {}
    for target in installed.segments:
        name, _ = parse_segment_path(target.path)
        data = unit.store.read(target)
        segment = decrypt_segment(data, key=epoch_key(keyring, name, segment_epoch(data)), path=target.path)
        if segment.snapshot:
            listed = {place: entry for place, entry in listed.items() if place[0] != name}
        listed |= {(name, entry.case): entry for entry in _entries(segment.upserts)}
        for case in segment.removals:
            listed.pop((name, case), None)
    yield from listed.values()


def _entries(columns: EntryColumns) -> Iterator[EntryLook]:
    templates: list[set[Template]] = [set() for _ in columns.cases]
    for part in columns.templates:
        owners = np.frombuffer(part.owners, "<u4")
        size = len(part.vectors) // len(owners)
        for row, owner in enumerate(owners):
            photo = part.photos[row * PHOTO_BYTES : (row + 1) * PHOTO_BYTES].hex()
            templates[owner].add((photo, part.pack_digest, part.vectors[row * size : (row + 1) * size]))
    names = ("born_from", "born_to", "last_seen", "expires")
    facts = zip(*(map(int, column(getattr(columns, name), name)) for name in names), strict=True)
    for case, sex, rest, own in zip(columns.cases, columns.sexes, facts, templates, strict=True):
        yield EntryLook(case, (SEXES[sex], *rest), frozenset(own))


def _day(day: str | date | None) -> int:
    """SQLite has days as texts."""
    if day is None:
        return 0
    return (date.fromisoformat(day) if isinstance(day, str) else day).toordinal()


@contextmanager
def _hub_database(hub: Part) -> Iterator[Rows]:
    if hub.database_url is None:
        with _database(hub.data / "hub.sqlite3") as rows:
            yield rows
        return
    with psycopg.connect(hub.database_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield lambda query: connection.execute(query.encode()).fetchall()


@contextmanager
def _database(path: Path) -> Iterator[Rows]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN")
        yield lambda query: connection.execute(query).fetchall()
    finally:
        connection.close()
