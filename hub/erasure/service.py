"""Ending cases: closing, expiry and erasure, in every room at once, with a record of what was removed where.

What lies in this database goes in the transaction that ends the case. The lists of units, the database's own files and
the backups follow; the record names each of them as outstanding until it holds nothing any more.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService, CaseState, CaseSummary, Reason, TransitionError, UnknownCaseError
from hub.clock import DAY, Clock
from hub.db import Database
from hub.erasure import store
from hub.erasure.model import (
    BACKUPS,
    DATABASE,
    HANDED_OUT,
    WATCHLIST,
    Erasure,
    ErasureId,
    Place,
    unit_place,
    with_silence,
)
from hub.exchange.service import ExchangeService
from hub.fleet.service import FleetService
from hub.matching.service import RegisterMatches
from hub.watchlist.service import Published
from protocol.ids import CaseId, HubId

__all__ = ["Erasure", "ErasureService", "Place", "Reviews"]

_BATCH: Final = 100

_ACTIONS: Final = {
    CaseState.CLOSED: AuditAction.CASE_CLOSED,
    CaseState.EXPIRED: AuditAction.CASE_EXPIRED,
    CaseState.ERASED: AuditAction.CASE_ERASED,
}


class PublishedLists(Protocol):
    """What units can fetch, as far as the end of a case has to wait for it."""

    def versions(self, connection: Connection, /) -> Published:
        """What is published."""

    def is_listed(self, connection: Connection, case: CaseId, /) -> bool:
        """Whether the newest list names a case."""

    def may_hold(self, connection: Connection, case: CaseId, /) -> bool:
        """Whether anything that can still be fetched may hold an entry of a case."""


class Reviews(Protocol):
    """What people are asked about cases."""

    def end_with_cases(
        self, connection: Connection, cases: Collection[CaseId], actor: str, at: int, /
    ) -> Mapping[str, int]:
        """Ask no more about cases that end; how many of each thing were ended or removed."""


class ErasureService:
    """Takes cases out of a hub."""

    def __init__(
        self,
        database: Database,
        cases: CaseService,
        matches: RegisterMatches,
        exchange: ExchangeService,
        watchlist: PublishedLists,
        *,
        reviews: Reviews,
        fleet: FleetService,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        backup_days: int,
    ) -> None:
        """`backup_days`: for how long the installation keeps its backups."""
        self._database = database
        self._cases = cases
        self._matches = matches
        self._exchange = exchange
        self._watchlist = watchlist
        self._reviews = reviews
        self._fleet = fleet
        self._clock = clock
        self._entropy = entropy
        self._hub = hub
        self._backup_days = backup_days

    def close(self, connection: Connection, case: CaseId, reason: Reason, *, note: str, actor: str) -> Erasure:
        """The search is over: faces go, the record stays for its time. Raises TransitionError or UnknownCaseError."""
        return self._end(connection, case, CaseState.CLOSED, reason, note=note, actor=actor)

    def erase(self, connection: Connection, case: CaseId, reason: Reason, *, note: str, actor: str) -> Erasure:
        """Nothing of the child stays. Raises TransitionError or UnknownCaseError."""
        return self._end(connection, case, CaseState.ERASED, reason, note=note, actor=actor)

    def end_again(self, connection: Connection, case: CaseId, state: CaseState, reason: Reason, *, actor: str) -> None:
        """What a restored database has forgotten; nothing where it has not, or never knew the case."""
        with suppress(TransitionError, UnknownCaseError):
            self._end(connection, case, state, reason, note="", actor=actor)

    def has_ended(self, connection: Connection, case: CaseId) -> bool:
        """Whether a case's photographs are gone."""
        return self._cases.has_ended(connection, case)

    def of_case(self, connection: Connection, case: CaseId) -> list[Erasure]:
        """A case's erasures, oldest first."""
        silent = self._silent(connection)
        found = store.of_case(connection, case)
        return [replace(one, places=with_silence(one.places, silent)) for one in found]

    def expire_due(self) -> int:
        """End every case that is kept for longer than it may be; how many there were.

        Raises DatabaseUnavailableError.
        """
        ended = 0
        while True:
            with self._database.begin() as connection:
                due = self._cases.changes.due(connection, self._clock(), _BATCH)
                for one in due:
                    self._end(connection, one.case, one.state, one.reason, note="", actor=self._hub)
            ended += len(due)
            if len(due) < _BATCH:
                return ended

    def follow_up(self, *, by_clock: bool = True) -> int:
        """Look at what may have changed; how many erasures of that are not complete yet.

        `by_clock`: whether what ends with time may end now. Raises DatabaseUnavailableError.
        """
        with self._database.read() as connection:
            before = self._clock() - self._backup_days * DAY
            open_ones = store.outstanding(connection, before, self._silent(connection))
        if not open_ones:
            return 0
        # Only now: whatever these erasures removed was committed before.
        emptied = self._database.scrub() if any(_waits(one, DATABASE) for one in open_ones) else False
        with self._database.begin() as connection:
            complete = [self._follow(connection, one, emptied=emptied, by_clock=by_clock) for one in open_ones]
        return complete.count(False)

    def _end(
        self, connection: Connection, case: CaseId, state: CaseState, reason: Reason, *, note: str, actor: str
    ) -> Erasure:
        now = self._clock()
        before = self._cases.summary(connection, case)
        removed = self._cases.changes.end(connection, case, state, reason, note=note, actor=actor, at=now)
        ended = [one for one in self._cases.with_merged(connection, case) if self._cases.has_ended(connection, one)]
        removed["matches"] = sum(self._matches.forget(connection, one) for one in {case, *ended})
        removed |= self._reviews.end_with_cases(connection, ended, actor, now)
        places = [Place(place, count, now) for place, count in sorted(removed.items())]
        copies = self._exchange.copies_of(connection, case)
        places += [Place(HANDED_OUT, copies, now)] if copies else []
        places += [Place(DATABASE, 1, None), Place(BACKUPS, 1, None), *self._listing(connection, before)]
        erasure = Erasure(ErasureId(self._entropy(8).hex()), case, state, reason, actor, now, None, None, tuple(places))
        store.insert_erasure(connection, erasure)
        total = sum(removed.values())
        record(connection, _ACTIONS[state], actor=actor, subject=case, at=now, reason=str(reason), removed=total)
        return erasure

    def _listing(self, connection: Connection, case: CaseSummary) -> list[Place]:
        """The published list and the units that may have it, of a case that units searched for."""
        if case.slice is None or not self._watchlist.is_listed(connection, case.id):
            return []
        units = [unit for unit in self._fleet.units(connection) if case.slice in unit.slices]
        return [Place(WATCHLIST, 1, None), *(Place(unit_place(unit.id), 1, None) for unit in units)]

    def _follow(self, connection: Connection, erasure: Erasure, *, emptied: bool, by_clock: bool) -> bool:
        now = self._clock()
        done: dict[str, int] = {}
        if emptied and _waits(erasure, DATABASE):
            done[DATABASE] = now
        if by_clock and now >= erasure.at + self._backup_days * DAY:
            done[BACKUPS] = now
        version = erasure.list_version
        if version is None and not self._watchlist.is_listed(connection, erasure.case):
            version = self._watchlist.versions(connection).list_version
        if not self._watchlist.may_hold(connection, erasure.case):
            done[WATCHLIST] = now
        done |= dict.fromkeys(self._units_without(connection, version), now)
        waiting = [one.place for one in erasure.places if one.done_at is None and one.place not in done]
        done = {place: at for place, at in done.items() if _waits(erasure, place)}
        store.update_erasure(connection, erasure.id, list_version=version, done=done, complete=None if waiting else now)
        if not waiting:
            record(connection, AuditAction.CASE_ERASURE_COMPLETED, actor=self._hub, subject=erasure.case, at=now)
        return not waiting

    def _silent(self, connection: Connection) -> dict[str, int]:
        """Units of which nothing is accepted any more, as places, and since when."""
        return {unit_place(unit): at for unit, at in self._fleet.withdrawn(connection).items()}

    def _units_without(self, connection: Connection, version: int | None) -> list[str]:
        """The units that have reported a list without the case."""
        if version is None:
            return []
        active = {unit.id for unit in self._fleet.units(connection)}
        reported = {health.unit: health.report.list_version for health in self._fleet.health(connection)}
        return [unit_place(unit) for unit in active if reported.get(unit, 0) >= version]


def _waits(erasure: Erasure, place: str) -> bool:
    return any(one.place == place and one.done_at is None for one in erasure.places)
