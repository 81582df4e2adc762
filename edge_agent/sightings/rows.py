"""The outbox's rows: an envelope and what the unit itself needs to know of it, each encrypted for its own place."""

from dataclasses import dataclass

import sqlite_utils

from credentials.vault import Vault
from edge_agent.sightings.facts import Facts
from edge_agent.trusted_time import Milliseconds


@dataclass(frozen=True, slots=True, eq=False)
class OutboxRows:
    """Encrypts and opens rows. Raises StoredDataError for one that was changed or moved."""

    vault: Vault

    def insert(
        self,
        database: sqlite_utils.Database,
        sequence: int,
        envelope: bytes,
        facts: Facts | None,
        *,
        keep: Milliseconds,
        erase_after: Milliseconds | None,
    ) -> None:
        """Add a message; one without facts is of no single intake."""
        sealed_facts = None if facts is None else self.vault.encrypt(facts.to_bytes(), _place("facts", sequence))
        database.table("outbox").insert(
            {
                "sequence": sequence,
                "sealed_envelope": self.vault.encrypt(envelope, _place("envelope", sequence)),
                "sealed_facts": sealed_facts,
                "keep": keep,
                "erase_after": erase_after,
            }
        )

    def envelope(self, database: sqlite_utils.Database, sequence: int) -> bytes | None:
        """A message's bytes; None when its receipt came meanwhile."""
        row = database.execute("SELECT sealed_envelope FROM outbox WHERE sequence = ?", [sequence]).fetchone()
        return None if row is None else self.vault.decrypt(bytes(row[0]), _place("envelope", sequence))

    def facts(self, database: sqlite_utils.Database, sequence: int) -> Facts | None:
        """None for a message of no single intake, and where the receipt came meanwhile."""
        row = database.execute("SELECT sealed_facts FROM outbox WHERE sequence = ?", [sequence]).fetchone()
        return None if row is None or row[0] is None else self.open_facts(sequence, row[0])

    def open_facts(self, sequence: int, sealed: bytes) -> Facts:
        """The facts in a row that was read already."""
        return Facts.from_bytes(self.vault.decrypt(bytes(sealed), _place("facts", sequence)))


def _place(column: str, sequence: int) -> str:
    return f"outbox {column} {sequence}"
