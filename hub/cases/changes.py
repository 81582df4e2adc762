"""What becomes of cases: each step of the life cycle, and what a step takes away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import duplicate_store, photo_store, store
from hub.cases.errors import CaseError
from hub.cases.lifecycle import WITH_FACES, require_transition
from hub.cases.model import CaseRecord, CaseState, Reason, Register
from hub.cases.reading import CaseReader
from hub.cases.sealing import case_place
from hub.cases.tables import cases
from hub.clock import DAY, utc_day
from protocol.ids import CaseId

MAX_NOTE: Final = 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days each register keeps what, for each purpose.

    `search`: faces and templates, from the registration or the last renewal on. `record`: what was written of the
    child, from the end of the search on.
    """

    search: Mapping[Register, int]
    record: Mapping[Register, int]


@dataclass(frozen=True, slots=True)
class Due:
    """A case whose time has come, and what is to become of it."""

    case: CaseId
    state: CaseState
    reason: Reason


class CaseChanges:
    """Moves cases through their life. Whoever calls it holds the transaction."""

    def __init__(self, vault: Vault, reader: CaseReader, retention: Retention) -> None:
        self._vault = vault
        self._reader = reader
        self._retention = retention

    def locate(self, connection: Connection, case: CaseId, actor: str, at: int) -> None:
        """Two people confirmed a match. Once: of a case that is open no longer nothing changes.

        Raises UnknownCaseError.
        """
        going_on = self._reader.surviving(connection, case)
        if self._reader.record(connection, going_on, lock=True).state is CaseState.OPEN:
            self._step(connection, going_on, CaseState.LOCATED, Reason.MATCH_CONFIRMED, actor=actor, at=at)
            record(connection, AuditAction.CASE_LOCATED, actor=actor, subject=going_on, at=at)

    def search_again(self, connection: Connection, case: CaseId, note: str, actor: str, at: int) -> None:
        """A confirmed match was none: the child is searched for again. Raises TransitionError or UnknownCaseError."""
        self._step(connection, case, CaseState.OPEN, Reason.MATCH_RECALLED, note=note, actor=actor, at=at)
        record(connection, AuditAction.CASE_REOPENED, actor=actor, subject=case, at=at)

    def end(
        self, connection: Connection, case: CaseId, state: CaseState, reason: Reason, *, note: str, actor: str, at: int
    ) -> dict[str, int]:
        """Close, expire or erase a case; how many of each thing were removed of it.

        The faces go with any of them, at once; what was written of the child goes with its erasure, and so do the
        cases that went into this one. Raises CaseError, TransitionError or UnknownCaseError.
        """
        removed = self._end_one(connection, case, state, reason, note=note, actor=actor, at=at)
        if state is CaseState.ERASED:
            for merged in store.merged_cases(connection, case):
                if self._reader.record(connection, merged).state is not CaseState.ERASED:
                    more = self.end(connection, merged, state, reason, note="", actor=actor, at=at)
                    removed = {what: removed.get(what, 0) + more.get(what, 0) for what in removed | more}
        return removed

    def due(self, connection: Connection, now: int, limit: int) -> list[Due]:
        """Cases that are kept for longer than they may be."""
        today = utc_day(now)
        found = [row for register in Register for row in self._overdue(connection, register, now, today, limit)]
        return [_due(row, today) for row in found[:limit]]

    def _end_one(
        self, connection: Connection, case: CaseId, state: CaseState, reason: Reason, *, note: str, actor: str, at: int
    ) -> dict[str, int]:
        self._step(connection, case, state, reason, note=note, actor=actor, at=at)
        removed = photo_store.purge(connection, case)
        removed["suggestions"] = duplicate_store.forget_unjudged(connection, case)
        if state is CaseState.ERASED:
            removed |= store.empty(connection, self._reader.record(connection, case))
        return removed

    def _step(
        self,
        connection: Connection,
        case: CaseId,
        state: CaseState,
        reason: Reason,
        *,
        note: str = "",
        actor: str,
        at: int,
    ) -> None:
        if len(note) > MAX_NOTE:
            raise CaseError("The note has more than {most} characters. Shorten it.", most=MAX_NOTE)
        old = self._reader.record(connection, case, lock=True)
        require_transition(old.state, state, reason)
        store.set_state(connection, case, state, at)
        sealed = self._vault.encrypt(note.strip().encode(), case_place(case, "note")) if note.strip() else None
        store.add_event(connection, case, at=at, actor=actor, state=state, reason=reason, note=sealed)

    def _overdue(
        self, connection: Connection, register: Register, now: int, today: date, limit: int
    ) -> list[CaseRecord]:
        searched = now - self._retention.search[register] * DAY
        recorded = now - self._retention.record[register] * DAY
        with_faces, ended = sorted(WITH_FACES), [CaseState.CLOSED, CaseState.EXPIRED]
        # One query for each: together they would have every case read, every minute, for the few that are due.
        too_long = (
            (cases.c.renewed_at < searched, with_faces),
            (cases.c.basis_until < today, with_faces),
            (cases.c.state_at < recorded, ended),
        )
        found: dict[CaseId, CaseRecord] = {}
        for condition, states in too_long:
            query = select(cases).where(condition, cases.c.register == register, cases.c.state.in_(states)).limit(limit)
            found |= {row.id: store.record_of(row) for row in connection.execute(query)}
        return list(found.values())


def _due(row: CaseRecord, today: date) -> Due:
    if row.state not in WITH_FACES:
        return Due(row.id, CaseState.ERASED, Reason.RECORD_EXPIRED)
    ended = row.basis_until is not None and row.basis_until < today
    return Due(row.id, CaseState.EXPIRED, Reason.CONSENT_ENDED if ended else Reason.NOT_RENEWED)
