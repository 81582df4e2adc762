"""The outbox: sealed sightings that the hub has not yet confirmed, and the unit's sequence numbers.

An envelope enters in the same transaction that takes its sequence number and records its intake, and leaves
in the one that records the hub's receipt for exactly its bytes. Nothing else removes one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlite_utils

from edge_agent.database import UnitDatabase
from edge_agent.trusted_time import Milliseconds
from faults import RejectedError
from protocol.envelope import digest
from protocol.ids import SightingId
from protocol.receipt import Receipt

_NEXT_SEQUENCE = "next_sequence"
_LAST_TRUSTED = "last_trusted"


class ReceiptMismatchError(RejectedError):
    """A receipt for bytes that this unit never made, or for another sighting than those bytes hold."""


@dataclass(frozen=True, slots=True)
class IntakeRecord:
    """What the unit keeps of an intake: the same for every one, whatever was found."""

    sighting_id: SightingId
    reference: str
    captured_at: Milliseconds


@dataclass(frozen=True, slots=True)
class Counts:
    """Intakes without and with a receipt."""

    pending: int
    receipts: int


class Outbox:
    """Sightings on disk. Raises the database's errors from every method."""

    def __init__(self, database: UnitDatabase) -> None:
        """Over an open database."""
        self._database = database

    def last_trusted(self) -> Milliseconds:
        """The time kept at the last commit; 0 before the first."""
        with self._database.reading() as database:
            return _read(database, _LAST_TRUSTED, 0)

    def keep_time(self, now: Milliseconds) -> None:
        """Keep the trusted time, for a start after which the machine's clock is wrong."""
        with self._database.transaction() as database:
            _keep_time(database, now)

    def take_sequence(self, now: Milliseconds) -> int:
        """The next sequence number, never to be given again, for a message that is not kept."""
        with self._database.transaction() as database:
            return _take_sequence(database, now)

    def add(self, record: IntakeRecord, seal: Callable[[int], bytes], now: Milliseconds) -> int:
        """Seal an intake's sighting under the next sequence number and keep it; the number.

        When this returns, the envelope survives a power cut; when it raises, nothing was kept and no
        number was used.
        """
        with self._database.transaction() as database:
            sequence = _take_sequence(database, now)
            envelope = seal(sequence)
            database.table("intakes").insert(
                {
                    "sequence": sequence,
                    "sighting_id": record.sighting_id,
                    "reference": record.reference,
                    "captured_at": record.captured_at,
                    "digest": digest(envelope),
                }
            )
            database.table("outbox").insert({"sequence": sequence, "envelope": envelope})
        return sequence

    def pending(self, limit: int) -> list[int]:
        """Sequence numbers of the oldest `limit` envelopes without a receipt, oldest first."""
        with self._database.reading() as database:
            rows = database.execute("SELECT sequence FROM outbox ORDER BY sequence LIMIT ?", [limit]).fetchall()
        return [sequence for (sequence,) in rows]

    def envelope(self, sequence: int) -> bytes | None:
        """An envelope's bytes; None when its receipt came meanwhile."""
        with self._database.reading() as database:
            row = database.execute("SELECT envelope FROM outbox WHERE sequence = ?", [sequence]).fetchone()
        return None if row is None else bytes(row[0])

    def confirm(self, receipt: Receipt) -> int | None:
        """Forget the envelope that a verified receipt names; its sequence number.

        None when it was forgotten before: the hub answers a message that it gets twice, twice.
        Raises ReceiptMismatchError when this unit made no such envelope, or for another sighting.
        """
        with self._database.transaction() as database:
            row = database.execute(
                "SELECT sequence, sighting_id, committed_at FROM intakes WHERE digest = ?", [receipt.envelope_digest]
            ).fetchone()
            if row is None or row[1] != receipt.sighting_id:
                raise ReceiptMismatchError("A receipt for something that this unit did not send.")
            sequence, _, committed_at = row
            if committed_at is not None:
                return None
            database.table("intakes").update(sequence, {"committed_at": receipt.committed_at})
            database.table("outbox").delete(sequence)
            return int(sequence)

    def counts(self) -> Counts:
        """How many intakes wait for a receipt, and how many have one."""
        with self._database.reading() as database:
            pending, receipts = database.execute(
                "SELECT (SELECT count(*) FROM outbox), (SELECT count(committed_at) FROM intakes)"
            ).fetchone()
        return Counts(pending, receipts)


def _take_sequence(database: sqlite_utils.Database, now: Milliseconds) -> int:
    sequence = _read(database, _NEXT_SEQUENCE, 1)
    _write(database, _NEXT_SEQUENCE, sequence + 1)
    _keep_time(database, now)
    return sequence


def _keep_time(database: sqlite_utils.Database, now: Milliseconds) -> None:
    _write(database, _LAST_TRUSTED, max(now, _read(database, _LAST_TRUSTED, 0)))


def _read(database: sqlite_utils.Database, name: str, default: int) -> int:
    row = database.execute("SELECT value FROM state WHERE name = ?", [name]).fetchone()
    return default if row is None else int(row[0])


def _write(database: sqlite_utils.Database, name: str, value: int) -> None:
    database.table("state", pk="name").upsert({"name": name, "value": value})
