"""The tables of audit entries, of their Merkle tree and of its heads. The database itself refuses to change one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

from hub.audit.model import AuditEntry
from hub.audit.tree import HASH_BYTES, Node, Nodes, grown, leaf_hash
from hub.db import metadata

# `entry` is what was hashed, byte for byte, and says everything; the subject is there to be searched for.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),  # from 1, without a gap
    Column("subject", String(130), nullable=False, index=True),
    Column("entry", LargeBinary, nullable=False),
)

audit_nodes = Table(
    "audit_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(HASH_BYTES), nullable=False),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A row as it stands there, which need not be what was once written."""

    position: int
    subject: str
    entry: bytes


def append(connection: Connection, written: Sequence[AuditEntry]) -> None:
    """Add entries, and the nodes of the tree that they complete, to the transaction that they account for."""
    if not written:
        return
    first, stored = size(connection), nodes(connection)
    new: dict[tuple[int, int], bytes] = {}

    def node(level: int, number: int) -> bytes:
        return new.get((level, number)) or stored(level, number)

    rows = []
    for index, one in enumerate(written, first):
        data = one.to_bytes()
        rows.append({"position": index + 1, "subject": one.subject, "entry": data})
        new.update({(each.level, each.number): each.hash for each in grown(index, leaf_hash(data), node)})
    connection.execute(insert(audit_entries), rows)
    nodes_ = [{"level": level, "number": number, "hash": hash_} for (level, number), hash_ in new.items()]
    connection.execute(insert(audit_nodes), nodes_)


def size(connection: Connection) -> int:
    """How many entries the tree has. The tree, since rows that are missing must not be overwritten but missed."""
    last = connection.scalar(select(func.max(audit_nodes.c.number)).where(audit_nodes.c.level == 0))
    return 0 if last is None else last + 1


def nodes(connection: Connection) -> Nodes:
    """The complete subtrees as they are stored. One that is missing makes every hash above it wrong, which shows."""

    def node(level: int, number: int) -> bytes:
        query = select(audit_nodes.c.hash).where(audit_nodes.c.level == level, audit_nodes.c.number == number)
        return connection.scalar(query) or b""

    return node


def level(connection: Connection, wanted: int) -> Iterator[Node]:
    """Every node of one level, by number."""
    query = select(audit_nodes).where(audit_nodes.c.level == wanted).order_by(audit_nodes.c.number)
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield Node(row.level, row.number, _octets(row.hash))


def height(connection: Connection) -> int:
    """How many levels have nodes."""
    highest = connection.scalar(select(func.max(audit_nodes.c.level)))
    return 0 if highest is None else highest + 1


def rows(connection: Connection, subject: str | None = None) -> Iterator[StoredEntry]:
    """Every row, or those that say they are about one subject, by position."""
    query = select(audit_entries).order_by(audit_entries.c.position)
    if subject is not None:
        query = query.where(audit_entries.c.subject == subject)
    for row in connection.execute(query.execution_options(yield_per=_BATCH)):
        yield StoredEntry(row.position, row.subject, _octets(row.entry))


def newest_rows(connection: Connection, *, before: int | None, limit: int, subject: str | None) -> list[StoredEntry]:
    """The last rows, or the last ones in front of a position, newest first."""
    query = select(audit_entries).order_by(audit_entries.c.position.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_entries.c.position < before)
    if subject is not None:
        query = query.where(audit_entries.c.subject == subject)
    return [StoredEntry(row.position, row.subject, _octets(row.entry)) for row in connection.execute(query)]


def entry(connection: Connection, position: int) -> bytes | None:
    """One entry, as it was hashed."""
    found = connection.scalar(select(audit_entries.c.entry).where(audit_entries.c.position == position))
    return None if found is None else _octets(found)


def add_head(connection: Connection, size_: int, note: str) -> None:
    """Keep a signed head."""
    connection.execute(insert(audit_heads).values(size=size_, note=note))


def newest_head(connection: Connection) -> tuple[int, str] | None:
    """The head of the most entries: its size and its note."""
    query = select(audit_heads).order_by(audit_heads.c.size.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.size, row.note)


def heads(connection: Connection) -> list[tuple[int, str]]:
    """Every head that was kept, the smallest first."""
    found = connection.execute(select(audit_heads).order_by(audit_heads.c.size))
    return [(row.size, row.note if isinstance(row.note, str) else "") for row in found]


def _octets(stored: object) -> bytes:
    # SQLite keeps a value of any type in any column, and whoever tampers need not keep to ours.
    return stored if isinstance(stored, bytes) else b""
