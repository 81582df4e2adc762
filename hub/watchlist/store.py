"""The tables of the published watchlist: its files as units fetch them, and what they were made from."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.watchlist.model import PublishedEntry, PublishedFile, Reader, SliceState
from protocol.ids import CaseId, SliceName, UnitId

watchlist_files = Table(
    "watchlist_files",
    metadata,
    Column("path", String(400), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("role", String(200)),
    Column("version", Integer),
    # From when on the current metadata does not speak of the file any more.
    Column("withdrawn_at", BigInteger),
    UniqueConstraint("role", "version"),
    CheckConstraint("(role IS NULL) = (version IS NULL)", name="metadata"),
)

watchlist_slices = Table(
    "watchlist_slices",
    metadata,
    Column("name", String(130), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("last_sequence", Integer, nullable=False),
    # Empty for a slice that was published in a form that units no longer read.
    Column("changes", Integer),
    Column("superseded_at", BigInteger),
)

watchlist_entries = Table(
    "watchlist_entries",
    metadata,
    Column("slice", String(130), ForeignKey("watchlist_slices.name"), primary_key=True),
    Column("case_id", String(130), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    # The list version in which the entry was last changed. Empty as `changes` above.
    Column("listed", Integer),
)

watchlist_readers = Table(
    "watchlist_readers",
    metadata,
    Column("unit", String(130), primary_key=True),
    Column("slices", Text, nullable=False),  # JSON array
    Column("recipient", LargeBinary(16), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    # Empty for a keyring that was sealed before keyrings were leases.
    Column("lease_end", BigInteger),
)


def current(connection: Connection, role: str) -> bytes | None:
    """The newest metadata of a role."""
    query = select(watchlist_files.c.content).where(watchlist_files.c.role == role)
    return connection.scalar(query.order_by(watchlist_files.c.version.desc()).limit(1))


def version(connection: Connection, role: str) -> int:
    """The newest version of a role; 0 before the first publication."""
    return connection.scalar(select(func.max(watchlist_files.c.version)).where(watchlist_files.c.role == role)) or 0


def slices(connection: Connection) -> list[SliceName]:
    """Every slice that was ever published, by name."""
    return [SliceName(name) for name in connection.scalars(select(watchlist_slices.c.name).order_by("name"))]


def paths(connection: Connection, role: str) -> set[str]:
    """The files of every version of a role."""
    return set(connection.scalars(select(watchlist_files.c.path).where(watchlist_files.c.role == role)))


def put_file(connection: Connection, file: PublishedFile) -> None:
    """Add a file; the one file that keeps its path, the timestamp, is replaced."""
    connection.execute(delete(watchlist_files).where(watchlist_files.c.path == file.path))
    connection.execute(
        insert(watchlist_files).values(path=file.path, content=file.content, role=file.role, version=file.version)
    )


def withdraw_others(connection: Connection, live: Collection[str], at: int) -> None:
    """Note for every file that is not among `live` since when it is not."""
    paths = set(connection.scalars(select(watchlist_files.c.path).where(watchlist_files.c.withdrawn_at.is_(None))))
    for path in paths.difference(live):
        connection.execute(update(watchlist_files).where(watchlist_files.c.path == path).values(withdrawn_at=at))


def delete_withdrawn(connection: Connection, before: int) -> int:
    """Delete the files withdrawn before a moment; how many there were."""
    return connection.execute(delete(watchlist_files).where(watchlist_files.c.withdrawn_at < before)).rowcount


def size(connection: Connection, path: str) -> int | None:
    """A file's length in bytes, or None when the repository has no such file."""
    return connection.scalar(select(func.length(watchlist_files.c.content)).where(watchlist_files.c.path == path))


def read(connection: Connection, path: str, start: int, length: int) -> bytes | None:
    """A part of a file, or None when it is gone."""
    part = func.substr(watchlist_files.c.content, start + 1, length, type_=LargeBinary)
    return connection.scalar(select(part).where(watchlist_files.c.path == path))


def slice_state(connection: Connection, name: SliceName) -> SliceState | None:
    """A slice as it was last published."""
    row = connection.execute(select(watchlist_slices).where(watchlist_slices.c.name == name)).one_or_none()
    if row is None:
        return None
    columns = watchlist_entries.c.case_id, watchlist_entries.c.digest, watchlist_entries.c.listed
    found = connection.execute(select(*columns).where(watchlist_entries.c.slice == name))
    entries = {CaseId(case): PublishedEntry(digest, listed or 0) for case, digest, listed in found}
    return _state(row, entries)


def slice_states(connection: Connection) -> list[SliceState]:
    """Every slice that was ever published, by name, without its entries."""
    return [_state(row, {}) for row in connection.execute(select(watchlist_slices).order_by("name"))]


def put_slice(connection: Connection, state: SliceState) -> None:
    """Replace what is known of a slice's publication, but for its entries."""
    columns = {
        "epoch": state.epoch,
        "sealed_key": state.sealed_key,
        "last_sequence": state.last_sequence,
        "changes": state.changes,
        "superseded_at": state.superseded_at,
    }
    query = update(watchlist_slices).where(watchlist_slices.c.name == state.name).values(**columns)
    if not connection.execute(query).rowcount:
        connection.execute(insert(watchlist_slices).values(name=state.name, **columns))


def put_entries(
    connection: Connection, name: SliceName, entries: Mapping[CaseId, PublishedEntry], removed: Collection[CaseId]
) -> None:
    """Note what a slice lists now of some cases, and that it lists others no more."""
    gone = [{"gone": case} for case in (*entries, *removed)]
    if gone:
        table = watchlist_entries
        connection.execute(delete(table).where(table.c.slice == name, table.c.case_id == bindparam("gone")), gone)
    rows = [
        {"slice": name, "case_id": case, "digest": entry.digest, "listed": entry.listed}
        for case, entry in entries.items()
    ]
    if rows:
        connection.execute(insert(watchlist_entries), rows)


def readers(connection: Connection) -> dict[UnitId, Reader]:
    """Every unit that has a published keyring."""
    return {
        UnitId(row.unit): Reader(
            UnitId(row.unit),
            tuple(map(SliceName, json.loads(row.slices))),
            row.recipient,
            row.digest,
            row.lease_end or 0,
        )
        for row in connection.execute(select(watchlist_readers))
    }


def put_reader(connection: Connection, reader: Reader) -> None:
    """Replace what is known of a unit's keyring."""
    remove_reader(connection, reader.unit)
    connection.execute(
        insert(watchlist_readers).values(
            unit=reader.unit,
            slices=json.dumps(reader.slices),
            recipient=reader.recipient,
            digest=reader.digest,
            lease_end=reader.lease_end,
        )
    )


def remove_reader(connection: Connection, unit: UnitId) -> None:
    """A unit has no published keyring any more."""
    connection.execute(delete(watchlist_readers).where(watchlist_readers.c.unit == unit))


def is_listed(connection: Connection, case: CaseId) -> bool:
    """Whether a case is published."""
    query = select(watchlist_entries.c.case_id).where(watchlist_entries.c.case_id == case).limit(1)
    return connection.scalar(query) is not None


def has_superseded(connection: Connection) -> bool:
    """Whether a segment that is, or was lately, published holds more than the newest entries."""
    superseded = select(watchlist_slices.c.name).where(watchlist_slices.c.superseded_at.is_not(None)).limit(1)
    withdrawn = select(watchlist_files.c.path).where(
        watchlist_files.c.withdrawn_at.is_not(None), watchlist_files.c.role.is_(None)
    )
    return connection.scalar(superseded) is not None or connection.scalar(withdrawn.limit(1)) is not None


def entry_count(connection: Connection) -> int:
    """How many cases are published."""
    return connection.scalar(select(func.count()).select_from(watchlist_entries)) or 0


def _state(row: Row[*tuple[Any, ...]], entries: Mapping[CaseId, PublishedEntry]) -> SliceState:
    return SliceState(
        SliceName(row.name), row.epoch, row.sealed_key, row.last_sequence, row.changes, row.superseded_at, entries
    )
