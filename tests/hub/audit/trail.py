"""A hub's audit trail on disk, and a database administrator who may do everything but sign."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from hub.audit.model import AuditAction, AuditEntry
from hub.audit.service import AuditLog, Verification, record
from hub.audit.tree import grown, leaf_hash
from hub.db import Database
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey
from tests.support.databases import sqlite_database

IDENTITY = PrivateIdentity("bd", SigningKey(bytes(range(32))), OpeningKey(bytes(range(96))))
# Each yields the statements that drop the triggers of the trail.
_DROPS = {
    "sqlite": "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'",
    "postgresql": "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgname LIKE 'audit_%'",
}
OTHER_IDENTITY = PrivateIdentity("bd", SigningKey(bytes(32)), OpeningKey(bytes(range(96))))


class Trail:
    """Entries about the subjects bd/c-1, bd/c-2 … and the heads over them."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """`url`: of a migrated, empty database; without it, one of its own in SQLite."""
        self.url = url or sqlite_database(folder)
        self.database = Database(self.url)
        self.now = 1_795_341_600_000
        self.head_file = folder / "audit-head"
        self.log = AuditLog(self.database, IDENTITY, lambda: self.now, self.head_file)
        self.length = 0

    def write(self, count: int) -> None:
        for _ in range(count):
            self.length += 1
            with self.database.begin() as connection:
                record(
                    connection,
                    AuditAction.CASE_REGISTERED,
                    actor="amina",
                    subject=f"bd/c-{self.length}",
                    at=self.now,
                    photos=self.length,
                )
        self.now += 60_000

    def sign(self) -> str:
        return self.log.sign_head()

    def verify(self, outside: str = "") -> Verification:
        """With what the hub keeps, and what was kept `outside`."""
        heads = [head for note in (self.log.kept_note(), outside) if note for head in self.log.read_heads(note)]
        with self.database.read() as connection:
            return self.log.verify(connection, heads)

    def findings(self, outside: str = "") -> str:
        return "\n".join(self.verify(outside).findings)


class Administrator:
    """Raw SQL on the same database, without the program, its triggers or its keys."""

    def __init__(self, url: str) -> None:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, poolclass=NullPool)
        self.do(*(statement for (statement,) in self.ask(_DROPS[self._engine.dialect.name])))

    def do(self, *statements: object, **values: object) -> None:
        with self._engine.begin() as connection:
            for statement in statements:
                connection.execute(text(str(statement)), values)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with self._engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def rewrite(self, entries: Sequence[AuditEntry]) -> None:
        """Make the trail say this, tree and all, as if it had never said anything else."""
        self.do("DELETE FROM audit_entries", "DELETE FROM audit_nodes")
        stored: dict[tuple[int, int], bytes] = {}
        for size, entry in enumerate(entries):
            data = entry.to_bytes()
            row = {"position": size + 1, "subject": entry.subject, "entry": data}
            self.do("INSERT INTO audit_entries VALUES (:position, :subject, :entry)", **row)
            for node in grown(size, leaf_hash(data), lambda level, number: stored[level, number]):
                stored[node.level, node.number] = node.hash
        for (level, number), node_hash in stored.items():
            row = {"level": level, "number": number, "hash": node_hash}
            self.do("INSERT INTO audit_nodes VALUES (:level, :number, :hash)", **row)
