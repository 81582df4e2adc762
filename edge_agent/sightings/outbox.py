"""The outbox: sealed messages that the hub has not yet confirmed, and the unit's sequence numbers.

An envelope enters in the same transaction that takes its sequence number and records its intake, and leaves in the
one that records the hub's receipt for exactly its bytes, or the loss record that says it was erased.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlite_utils

from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.sightings.facts import Facts
from edge_agent.sightings.numbers import Counter, skip_to, take, upcoming
from edge_agent.sightings.rows import OutboxRows
from edge_agent.trusted_time import Milliseconds
from faults import RejectedError, UnavailableError
from protocol.envelope import digest
from protocol.ids import SightingId, parse_sighting_id
from protocol.losses import MAX_LOST, Losses, LossReason, LostMessage
from protocol.moment import Moment
from protocol.receipt import Receipt, Verdict
from protocol.topics import UnitChannel

_ERASED: Final = "erased"
_WITHDRAWN: Final = "withdrawn"
_ROOM: Final = 128 * 1024
"""Bytes that the largest message needs at most."""


class ReceiptMismatchError(RejectedError):
    """A receipt for bytes that this unit never made."""


class OutboxFullError(UnavailableError):
    """There is no room for another intake until the hub has confirmed earlier ones."""


@dataclass(frozen=True, slots=True)
class IntakeRecord:
    """What the unit keeps of an intake: as much for every one, whatever was found, and only until the hub has it."""

    sighting_id: SightingId
    reference: str
    captured: Moment
    keep: Milliseconds  # how long its legal basis permits to keep it unconfirmed
    urgent: bool  # whether it has candidates
    channel: UnitChannel = UnitChannel.SIGHTINGS
    withdrawal: bytes = b""  # what its consent record says of the receipt's token
    by_consent: bool = False  # whether the receipt ends it


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages without and with a receipt; `refused` and `erased` ones will never be at the hub."""

    pending: int
    receipts: int
    refused: int = 0
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """How much of the outbox is used, in bytes. `oldest`: when the oldest intake in it was captured; 0 for none."""

    used: int
    limit: int
    oldest: Milliseconds
    last_sequence: int
    full: bool  # no intake can be taken


@dataclass(frozen=True, slots=True)
class Settled:
    """A message that the hub has spoken its last word on."""

    sequence: int
    verdict: Verdict


class Outbox:
    """Messages on disk, encrypted. Raises the database's errors and StoredDataError from every method."""

    def __init__(self, database: UnitDatabase, vault: Vault, limit: int) -> None:
        """Over an open database. `limit`: bytes that unconfirmed messages may take."""
        self._database = database
        self._rows = OutboxRows(vault)
        self._limit = limit
        self._urgent: dict[int, bool] = {}

    def require_room(self, *, besides: int = 0) -> None:
        """Raises OutboxFullError where an intake must not begin, because nothing could keep it.

        `besides`: bytes of intakes that wait elsewhere on the unit, and will come here.
        """
        if self.fill().used + besides + _ROOM > self._limit:
            raise OutboxFullError(
                "This unit has no room left: too many intakes wait for the hub. No photograph was taken. Connect the "
                "unit to its network and wait until `mca edge status` shows fewer; until then telephone the desk."
            )

    def take_report_number(self) -> int:
        """The next number of a message that is not kept: health reports count for themselves."""
        with self._database.transaction() as database:
            return take(database, Counter.REPORTS)

    def add(self, record: IntakeRecord, seal: Callable[[int], bytes]) -> int:
        """Seal an intake's sighting under the next sequence number and keep it; the number.

        When this returns, the envelope survives a power cut; when it raises, nothing was kept and no
        number was used.
        """
        with self._database.transaction() as database:
            return self.add_within(database, record, seal)

    def add_within(self, database: sqlite_utils.Database, record: IntakeRecord, seal: Callable[[int], bytes]) -> int:
        """The same in a transaction that the caller has opened."""
        sequence = take(database, Counter.MESSAGES)
        envelope = seal(sequence)
        facts = Facts(record.reference, record.captured, record.urgent, record.withdrawal, record.by_consent)
        latest = record.captured.latest
        database.table("intakes").insert(
            {
                "sequence": sequence,
                "sighting_id": record.sighting_id,
                "digest": digest(envelope),
                "channel": str(record.channel),
            }
        )
        self._rows.insert(
            database,
            sequence,
            envelope,
            facts,
            keep=record.keep,
            erase_after=None if latest is None else latest + record.keep,
        )
        return sequence

    def pending(self, limit: int) -> list[int]:
        """Sequence numbers of `limit` messages without a receipt: those with candidates first, then the oldest.

        Envelopes are equally long and tell no number, so nobody on the way sees which were put first.
        """
        with self._database.reading() as database:
            numbers = [number for (number,) in database.execute("SELECT sequence FROM outbox").fetchall()]
        known = {number: self._urgent[number] for number in numbers if number in self._urgent}
        for number in numbers:
            if number not in known:
                facts = self._facts(number)
                known[number] = facts is not None and facts.urgent
        self._urgent = known
        return sorted(numbers, key=lambda number: (not known[number], number))[:limit]

    def is_urgent(self, sequence: int) -> bool:
        """Whether a message that `pending` has named has candidates."""
        return self._urgent.get(sequence, False)

    def envelope(self, sequence: int) -> bytes | None:
        """An envelope's bytes; None when its receipt came meanwhile."""
        with self._database.reading() as database:
            return self._rows.envelope(database, sequence)

    def channel(self, sequence: int) -> UnitChannel:
        """On which of the unit's topics a message of this outbox belongs."""
        with self._database.reading() as database:
            (channel,) = database.execute(
                "SELECT channel FROM intakes WHERE sequence = :sequence "
                "UNION ALL SELECT channel FROM statements WHERE sequence = :sequence",
                {"sequence": sequence},
            ).fetchone()
        return UnitChannel(channel)

    def settle(self, receipt: Receipt) -> Settled | None:
        """Forget the message that a verified receipt names, committed or refused for good.

        None when it was forgotten before: the hub answers a message that it gets twice, twice.
        Raises ReceiptMismatchError when this unit made no such envelope.
        """
        with self._database.transaction() as database:
            row = database.execute(
                "SELECT 'intakes', sequence, outcome FROM intakes WHERE digest = :digest "
                "UNION ALL SELECT 'statements', sequence, outcome FROM statements WHERE digest = :digest",
                {"digest": receipt.envelope_digest},
            ).fetchone()
            if row is None:
                raise ReceiptMismatchError("A receipt for something that this unit did not send.")
            table, sequence, outcome = row
            if outcome is not None:
                return None
            database.table(table).update(sequence, {"outcome": str(receipt.verdict)})
            database.table("outbox").delete(sequence)
            return Settled(sequence, receipt.verdict)

    def date(self, now: Moment) -> None:
        """Give what was captured while the clock was unset its end, now that the hub has said what time it is.

        It was captured before now, so that its legal basis permits at least its whole time from here.
        """
        if now.latest is not None:
            with self._database.transaction() as database:
                database.execute("UPDATE outbox SET erase_after = ? + keep WHERE erase_after IS NULL", [now.latest])

    def erase_expired(self, before: Milliseconds, seal: Callable[[int, Losses], bytes]) -> int:
        """Erase sightings whose legal basis no longer permits to keep them, and put a loss record in their place.

        `before`: what had to be gone by this moment, which has surely passed. Returns how many, at most MAX_LOST.
        """
        with self._database.transaction() as database:
            rows = database.execute(
                "SELECT sequence, sighting_id, sealed_facts FROM outbox JOIN intakes USING (sequence) "
                "WHERE erase_after < ? ORDER BY sequence LIMIT ?",
                [before, MAX_LOST],
            ).fetchall()
            if not rows:
                return 0
            losses = Losses(tuple(self._lost(*row) for row in rows))
            for number, _, _ in rows:
                database.table("intakes").update(number, {"outcome": _ERASED})
                database.table("outbox").delete(number)
            self._record(database, losses, seal)
            return len(rows)

    def lose_within(
        self,
        database: sqlite_utils.Database,
        intakes: Sequence[tuple[SightingId, str, Moment]],
        seal: Callable[[int, Losses], bytes],
    ) -> None:
        """Put a loss record for intakes that never were messages, in a transaction that the caller has opened.

        `intakes`: 1 to MAX_LOST, each its identifier, the paper's number and when it was taken. Each takes a number.
        """
        lost = (LostMessage(take(database, Counter.MESSAGES), *intake, LossReason.RETENTION) for intake in intakes)
        self._record(database, Losses(tuple(lost)), seal)

    def withdraw_within(
        self, database: sqlite_utils.Database, withdrawal: bytes, *, every_basis: bool
    ) -> tuple[list[int], bool]:
        """Erase the messages of one consent record, in the caller's transaction.

        Their numbers, and whether some were left because no consent permitted them.
        """
        rows = database.execute("SELECT sequence, sealed_facts FROM outbox WHERE sealed_facts IS NOT NULL").fetchall()
        opened = [(number, self._rows.open_facts(number, sealed)) for number, sealed in rows]
        own = [(number, facts) for number, facts in opened if facts.withdrawal == withdrawal]
        erased = sorted(number for number, facts in own if every_basis or facts.by_consent)
        for number in erased:
            database.table("intakes").update(number, {"outcome": _WITHDRAWN})
            database.table("outbox").delete(number)
        return erased, len(erased) < len(own)

    def send_within(self, database: sqlite_utils.Database, channel: UnitChannel, seal: Callable[[int], bytes]) -> int:
        """Seal a statement that is of no single intake and keep it until its receipt, in the caller's transaction."""
        sequence = take(database, Counter.MESSAGES)
        envelope = seal(sequence)
        row = {"sequence": sequence, "digest": digest(envelope), "channel": str(channel)}
        database.table("statements").insert(row)
        self._rows.insert(database, sequence, envelope, None, keep=0, erase_after=None)
        return sequence

    def _record(self, database: sqlite_utils.Database, losses: Losses, seal: Callable[[int, Losses], bytes]) -> None:
        self.send_within(database, UnitChannel.LOSSES, lambda sequence: seal(sequence, losses))

    def continue_from(self, sequence: int) -> None:
        """Give no number below this one: the hub knows those, from before this unit's storage was replaced."""
        with self._database.transaction() as database:
            skip_to(database, Counter.MESSAGES, sequence)

    def counts(self) -> Counts:
        """How many messages wait for a receipt, and what became of the others."""
        with self._database.reading() as database:
            pending, receipts, refused, erased = database.execute(
                "SELECT (SELECT count(*) FROM outbox), coalesce(sum(outcome = 'committed'), 0), "
                "coalesce(sum(outcome = 'refused'), 0), coalesce(sum(outcome = 'erased'), 0) FROM intakes"
            ).fetchone()
        return Counts(pending, receipts, refused, erased)

    def fill(self) -> Fill:
        """How full the outbox is."""
        with self._database.reading() as database:
            used, oldest = database.execute(
                "SELECT coalesce(sum(length(sealed_envelope)), 0), min(iif(sealed_facts IS NULL, NULL, sequence)) "
                "FROM outbox"
            ).fetchone()
            last = upcoming(database, Counter.MESSAGES) - 1
        facts = None if oldest is None else self._facts(oldest)
        captured = 0 if facts is None else facts.captured.at
        return Fill(used, self._limit, captured, last, full=used + _ROOM > self._limit)

    def _facts(self, sequence: int) -> Facts | None:
        with self._database.reading() as database:
            return self._rows.facts(database, sequence)

    def _lost(self, sequence: int, sighting: str, sealed: bytes) -> LostMessage:
        facts = self._rows.open_facts(sequence, sealed)
        return LostMessage(sequence, parse_sighting_id(sighting), facts.reference, facts.captured, LossReason.RETENTION)
