"""Taking consent back at a unit: by a receipt that is shown here, or because the hub says that one was shown elsewhere.

Everything of that record leaves the disk in one transaction, with the unit's signed word on it for the hub. Who stands
at the unit learns nothing of what there was: any receipt is answered in the same way, also one of another unit's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlite_utils
import structlog

from edge_agent.database import UnitDatabase
from edge_agent.intakes.kept import Kept
from edge_agent.intakes.store import Drawer, IntakeStore
from edge_agent.intakes.taken import Taken, read_taken
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.trusted_time import TrustedClock
from protocol.consent import read_own_record
from protocol.consent_receipt import withdrawal_of
from protocol.envelope import MessageType, Opened
from protocol.erasure import MAX_NUMBERS, ErasureOrder, ErasureRecord, sign_erasure
from protocol.ids import UnitId
from protocol.sighting import LegalBasis
from protocol.staff import StaffId
from protocol.topics import UnitChannel
from protocol.withdrawal import Withdrawal, read_token

logger = structlog.get_logger()

_NAMES: Final[dict[Drawer, str]] = {"waiting": "intakes that waited", "kept": "kept templates"}
_MESSAGES: Final = "messages"
_ALL: Final = 1_000_000
_LAST_ORDER: Final = "last_order"


@dataclass(frozen=True, slots=True, eq=False)
class Withdrawing:
    """Erases what a receipt, or the hub's order, speaks of. Raises the database's errors and StoredDataError."""

    unit: UnitId
    database: UnitDatabase
    store: IntakeStore
    outbox: Outbox
    sealer: HubSealer
    clock: TrustedClock

    def take(self, text: str, staff: StaffId | None = None) -> None:
        """A receipt, or its code, is shown here. `staff`: who took it; None: nobody is signed in.

        Raises WithdrawalCodeError.
        """
        token = read_token(text)
        with self.database.transaction() as tables:
            self._erase(tables, withdrawal_of(token), token=token, staff=staff, every_basis=False)
        logger.info("withdrawal.taken")
        self.database.scrub()

    def obey(self, opened: Opened) -> None:
        """The hub says what to erase. An order that comes again changes nothing. Raises protocol errors."""
        order = ErasureOrder.from_bytes(opened.payload)
        with self.database.transaction() as tables:
            if not _is_new(tables, opened.header.sequence):
                return
            self._erase(tables, order.withdrawal, every_basis=order.every_basis)
        # Not a word on what there was: most orders are about another unit's intakes.
        logger.info("erasure.answered")
        self.database.scrub()

    def _erase(
        self,
        tables: sqlite_utils.Database,
        withdrawal: bytes,
        *,
        token: bytes | None = None,
        staff: StaffId | None = None,
        every_basis: bool,
    ) -> None:
        removed: dict[str, int] = {}
        kept = False
        for drawer, name in _NAMES.items():
            for number, by_consent in self._own(drawer, withdrawal):
                if every_basis or by_consent:
                    self.store.remove(tables, drawer, number)
                    removed[name] = removed.get(name, 0) + 1
                else:
                    kept = True
        numbers, left = self.outbox.withdraw_within(tables, withdrawal, every_basis=every_basis)
        if numbers:
            removed[_MESSAGES] = len(numbers)
        moment = self.clock.moment()
        record = ErasureRecord(withdrawal, self.unit, moment, removed, tuple(numbers[:MAX_NUMBERS]), kept or left)
        self._tell(tables, record, token, staff)
        for start in range(MAX_NUMBERS, len(numbers), MAX_NUMBERS):
            rest = tuple(numbers[start : start + MAX_NUMBERS])
            self._tell(tables, ErasureRecord(withdrawal, self.unit, moment, {}, rest, kept or left))

    def _own(self, drawer: Drawer, withdrawal: bytes) -> Iterator[tuple[int, bool]]:
        """The records of a drawer that belong to a consent record, and whether that is a guardian's consent."""
        for number in self.store.numbers(drawer, _ALL):
            content = self.store.content(drawer, number)
            if content is not None:
                consent = read_own_record(_taken(drawer, content).consent)
                if consent.withdrawal == withdrawal:
                    yield number, consent.basis.kind is LegalBasis.GUARDIAN_CONSENT

    def _tell(
        self,
        tables: sqlite_utils.Database,
        record: ErasureRecord,
        token: bytes | None = None,
        staff: StaffId | None = None,
    ) -> None:
        signed = sign_erasure(record, self.sealer.identity.signing_key)
        payload = Withdrawal(signed, token, staff).to_bytes()
        self.outbox.send_within(
            tables,
            UnitChannel.WITHDRAWALS,
            lambda sequence: self.sealer.seal(payload, MessageType.WITHDRAWAL, sequence),
        )


def _taken(drawer: Drawer, content: bytes) -> Taken:
    return Kept.from_bytes(content).taken if drawer == "kept" else read_taken(content)


def _is_new(tables: sqlite_utils.Database, sequence: int) -> bool:
    """Whether the hub's order is a later one than the last: the broker may repeat what it has."""
    row = tables.execute("SELECT value FROM state WHERE name = ?", [_LAST_ORDER]).fetchone()
    if row is not None and sequence <= int(row[0]):
        return False
    tables.table("state", pk="name").upsert({"name": _LAST_ORDER, "value": sequence})
    return True
