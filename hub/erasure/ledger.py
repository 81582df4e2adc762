"""The ledger of erasures: a file beside the database, so that a backup that is restored brings nothing back.

    line = base 64 of CBOR [ "mca-erasures", entry: bytes, signature ]
    signature = Ed25519(hub, "mca/erasures/1\\0" ‖ entry)

One line for each withdrawal and each case that ended. It names nobody: a hash, or a case's identifier. What is written
twice is obeyed once.
"""

import base64
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from credentials.private_files import DiskError, sync_directory
from faults import RejectedError
from hub.cases.service import CaseState, Reason
from hub.clock import Clock
from hub.db import Database
from hub.erasure import intake_store, store
from hub.erasure.model import LEDGER
from hub.erasure.service import ErasureService
from hub.erasure.withdrawals import Withdrawals
from protocol import cbor
from protocol.errors import MalformedError
from protocol.fields import Fields
from protocol.ids import CaseId
from protocol.keys import PrivateIdentity, SigningKey, VerifyKey

FILE_NAME: Final = "erasures.ledger"

_VERSION: Final = 1
_MAGIC: Final = "mca-erasures"
_CONTEXT: Final = b"mca/erasures/1\0"
_MAX_LINE: Final = 1024
_AT_ONCE: Final = 500

_log = structlog.get_logger()


class LedgerDamagedError(RejectedError):
    """A line of the ledger is not what this hub wrote."""


class Ended(StrEnum):
    """What a line is about."""

    CONSENT = "consent"
    EVERY_BASIS = "every-basis"  # the same, by two people of the desk
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure. `subject`: the withdrawal in hexadecimal, or the case; `state` and `reason` are a case's."""

    ended: Ended
    subject: str
    at: int
    state: str = ""
    reason: str = ""

    def sign(self, key: SigningKey) -> bytes:
        """The line as the file holds it."""
        data = cbor.encode(
            {
                "v": _VERSION,
                "ended": str(self.ended),
                "subject": self.subject,
                "at": self.at,
                "state": self.state,
                "reason": self.reason,
            }
        )
        return base64.b64encode(cbor.encode([_MAGIC, data, key.sign(_CONTEXT + data)])) + b"\n"


def read_line(line: bytes, key: VerifyKey) -> Line:
    """Raises LedgerDamagedError."""
    try:
        match cbor.decode(base64.b64decode(line, validate=True), limit=_MAX_LINE):
            case [str() as magic, bytes() as data, bytes() as signature] if magic == _MAGIC:
                key.verify(_CONTEXT + data, signature)
                fields = Fields(cbor.decode(data, limit=_MAX_LINE), kind="line of the ledger", version=_VERSION)
                return Line(
                    ended=fields.choice("ended", Ended),
                    subject=fields.text("subject", limit=130),
                    at=fields.milliseconds("at"),
                    state=fields.text("state", limit=32),
                    reason=fields.text("reason", limit=32),
                )
            case _:
                raise MalformedError("Not a line of the ledger.")
    except (ValueError, RejectedError) as error:
        raise LedgerDamagedError("A line of the ledger of erasures is damaged, or another hub's.") from error


def read_ledger(path: Path, key: VerifyKey) -> list[Line]:
    """Every line that was written whole. Raises DiskError or LedgerDamagedError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror
        raise DiskError("The ledger of erasures {path} cannot be read: {reason}.", path=path, reason=reason) from error
    # What follows the last line break was cut off by a power cut, and was written anew.
    whole, _, _ = data.rpartition(b"\n")
    return [read_line(line, key) for line in whole.splitlines()]


class ErasureLedger:
    """Writes what ended, and makes it so again after a restore."""

    def __init__(
        self,
        path: Path,
        database: Database,
        identity: PrivateIdentity,
        cases: ErasureService,
        withdrawals: Withdrawals,
        *,
        clock: Clock,
    ) -> None:
        """`identity`: the hub's own, which signs the lines."""
        self._path = path
        self._database = database
        self._identity = identity
        self._cases = cases
        self._withdrawals = withdrawals
        self._clock = clock

    def follow_up(self, *, by_clock: bool = True) -> int:  # noqa: ARG002 - nothing here ends with time
        """Write what the ledger does not say yet; how much that was. Raises DiskError or DatabaseUnavailableError."""
        with self._database.read() as connection:
            cases = store.unwritten(connection, _AT_ONCE)
            intakes = intake_store.unwritten(connection, _AT_ONCE)
        lines = [Line(Ended.CASE, one.case, one.at, str(one.state), str(one.reason)) for one in cases]
        lines += [
            Line(Ended.EVERY_BASIS if one.every_basis else Ended.CONSENT, one.withdrawal, one.at)
            for one in intakes
            if one.withdrawal is not None
        ]
        if not lines:
            return 0
        self._append(b"".join(line.sign(self._identity.signing_key) for line in lines))
        now = self._clock()
        # Only now: a line that is written twice does no harm, and one that is missing does.
        with self._database.begin() as connection:
            store.note_written(connection, [one.id for one in cases], now)
            intake_store.note_written(connection, [one.id for one in intakes], now)
            for erasure in intakes:
                intake_store.note_place(connection, erasure.id, LEDGER, more=1, done_at=now)
        return len(lines)

    def apply(self, restored: Path) -> int:
        """Erase once more what a restored database has brought back; how many lines say so.

        `restored`: the folder in which a restore puts the ledger that it was given.
        Raises DiskError, DatabaseUnavailableError, or LedgerDamagedError, having changed nothing.
        """
        lines = [line for path in sorted({self._path, restored / FILE_NAME}) for line in self._read(path)]
        actor, now = self._identity.name, self._clock()
        with self._database.begin() as connection:
            for line in lines:
                if line.ended is Ended.CASE:
                    state, reason = CaseState(line.state), Reason(line.reason)
                    self._cases.end_again(connection, CaseId(line.subject), state, reason, actor=actor)
                else:
                    every_basis = line.ended is Ended.EVERY_BASIS
                    self._withdrawals.take_again(connection, line.subject, every_basis=every_basis, actor=actor, at=now)
        if lines:
            _log.warning("ledger.applied", lines=len(lines))
        return len(lines)

    def _read(self, path: Path) -> list[Line]:
        return read_ledger(path, self._identity.signing_key.public) if path.exists() else []

    def _append(self, data: bytes) -> None:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                there = file.read()
                file.truncate(there.rfind(b"\n") + 1)
                file.seek(0, os.SEEK_END)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            sync_directory(self._path.parent)
        except OSError as error:
            raise DiskError(
                "The ledger of erasures {path} cannot be written: {strerror}.", path=self._path, strerror=error.strerror
            ) from error
