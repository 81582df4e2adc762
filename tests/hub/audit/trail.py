"""A hub's audit trail on disk, and a database administrator who may do everything but sign."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, text

from hub.audit.model import AuditAction, AuditEntry
from hub.audit.service import AuditLog, Verification, record
from hub.audit.tree import grown, leaf_hash
from hub.db import Database
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey

IDENTITY = PrivateIdentity("bd", SigningKey(bytes(range(32))), OpeningKey(bytes(range(96))))
OTHER_IDENTITY = PrivateIdentity("bd", SigningKey(bytes(32)), OpeningKey(bytes(range(96))))


class Trail:
    """Entries about the subjects bd/c-1, bd/c-2 … and the heads over them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "hub.sqlite3"
        self.database = Database(f"sqlite:///{self.path}")
        self.database.migrate()
        self.now = 1_795_341_600_000
        self.log = AuditLog(self.database, IDENTITY, lambda: self.now)
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
        heads = self.log.read_heads(outside) if outside else []
        with self.database.read() as connection:
            return self.log.verify(connection, heads)

    def findings(self, outside: str = "") -> str:
        return "\n".join(self.verify(outside).findings)


class Administrator:
    """Raw SQL on the same file, without the program, its triggers or its keys."""

    def __init__(self, database: Path) -> None:
        self._engine = create_engine(f"sqlite:///{database}")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
        self.do(*(f"DROP TRIGGER {name}" for (name,) in self.ask(triggers)))

    def do(self, *statements: str, **values: object) -> None:
        with self._engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

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
