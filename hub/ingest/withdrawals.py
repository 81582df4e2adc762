"""Consent that was taken back, as far as the intake of messages has to do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from protocol.consent_receipt import withdrawal_of
from protocol.erasure import ErasureRecord, open_erasure
from protocol.errors import FieldError
from protocol.ids import UnitId
from protocol.keys import Identity
from protocol.sighting import LegalBasis
from protocol.staff import StaffId
from protocol.withdrawal import Withdrawal


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a unit says it has erased. `token`: of the receipt that was shown there; None: it answers an order.

    `signed`: the record as the unit has signed it. `staff`: who took the receipt, where somebody was signed in.
    """

    record: ErasureRecord
    signed: bytes
    token: bytes | None = field(repr=False)
    staff: StaffId | None


class Withdrawals(Protocol):
    """Who keeps what was taken back, and erases because of it."""

    def admit(self, connection: Connection, consents: Mapping[str, LegalBasis], /) -> set[str]:
        """Those of consent records, each with its basis, under which nothing may be kept any more.

        What comes under another that was taken back is kept, and is outstanding here. One statement, where none was.
        """

    def note_withheld(self, connection: Connection, withdrawal: str, at: int, /) -> None:
        """A message came later than the withdrawal of its consent, and was not kept."""

    def hear(self, connection: Connection, unit: UnitId, number: int, taken_back: TakenBack, at: int, /) -> None:
        """What a unit has erased, in its message `number`. Raises FieldError."""


def read_taken_back(sender: Identity | None, unit: UnitId, payload: bytes) -> TakenBack:
    """A withdrawal that its unit has signed. Raises protocol errors."""
    message = Withdrawal.from_bytes(payload)
    record = open_erasure(message.record, lambda _name: sender)
    if record.place != unit:
        raise FieldError("An erasure record of another place came in a message of {unit}.", unit=unit)
    if message.token is not None and withdrawal_of(message.token) != record.withdrawal:
        raise FieldError("A withdrawal's token and its erasure record are of two consents.")
    return TakenBack(record, message.record, message.token, message.staff)
