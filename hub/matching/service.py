"""Comparing the registers: at once what is new or changed, and every night everything.

Most searches find nobody, and say so in the audit trail. What they find is for people to judge: the review room takes
it from here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.cases.service import SEARCHED, CaseRecord, CaseService, Register
from hub.clock import DAY, Clock, utc_day
from hub.db import Database
from hub.ingest.own_scores import OwnScores
from hub.matching import store
from hub.matching.gallery import Gallery, Probe
from hub.matching.model import Likeness, MatchId, RegisterMatch, SearchResult, UnknownMatchError
from protocol.ids import CaseId, HubId
from protocol.person import Month

__all__ = ["MatchId", "RegisterMatch", "RegisterMatches", "RegisterSearches", "UnknownMatchError"]

_BATCH: Final = 128
_NOTHING: Final = "nothing-found"
_FOUND: Final = "candidates"


class RegisterMatches:
    """What the comparison found, for the rooms in which people decide on it."""

    def __init__(self, cases: CaseService) -> None:
        self._cases = cases

    def pending(self, connection: Connection, limit: int = 100) -> list[RegisterMatch]:
        """Matches for which no review was opened yet, oldest first."""
        return [self._with_site(connection, match) for match in store.pending(connection, limit)]

    def taken(self, connection: Connection, match: MatchId, at: int) -> None:
        """A review was opened for a match, in the same transaction."""
        store.take(connection, match, at)

    def find(self, connection: Connection, match: str) -> RegisterMatch:
        """Raises UnknownMatchError."""
        found = store.find(connection, match)
        if found is None:
            raise UnknownMatchError("There is no such match: one of its two cases was closed meanwhile.")
        return self._with_site(connection, found)

    def confirmed(self, connection: Connection, match: str, actor: str, at: int) -> None:
        """Two people said that it is one child: both cases are located. Raises UnknownMatchError."""
        found = self.find(connection, match)
        for case in (found.missing, found.found):
            self._cases.mark_located(connection, case, actor, at)

    def of_case(self, connection: Connection, case: CaseId) -> int:
        """How many matches a case has; what they say is for reviewers alone."""
        return len(store.of_case(connection, case))

    def last_search(self, connection: Connection, case: CaseId) -> int | None:
        """When a case was last searched for, in milliseconds since 1970 UTC."""
        return store.last_search(connection, case)

    def forget(self, connection: Connection, case: CaseId) -> int:
        """Remove everything found of a case that ends; how many matches there were."""
        return store.forget(connection, case)

    def _with_site(self, connection: Connection, match: RegisterMatch) -> RegisterMatch:
        return replace(match, site=self._cases.summary(connection, match.found).site)


@dataclass(slots=True)
class _Night:
    """How far tonight's comparison has come."""

    after: str = ""
    cases: int = 0
    candidates: int = 0


class RegisterSearches:
    """Searches for cases among those of the other register. One thread of one process uses it."""

    def __init__(
        self,
        database: Database,
        cases: CaseService,
        scores: OwnScores,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
    ) -> None:
        """`scores`: of the hub's own pack."""
        self._database = database
        self._cases = cases
        self._scores = scores
        self._clock = clock
        self._entropy = entropy
        self._hub = hub
        self._night = _Night()

    def work(self) -> bool:
        """Search for some cases, those that are new or changed first; whether there were any.

        Raises DatabaseUnavailableError, or VaultError for a template that was altered.
        """
        return self._search_changed() or self._search_tonight()

    def _search_changed(self) -> bool:
        with self._database.read() as connection:
            since = store.searched_up_to(connection, self._scores.pack_digest)
            changed = self._cases.changed_cases(connection, since, _BATCH)
            results = self._search(connection, [case for case, _ in changed])
        if not changed:
            return False
        with self._database.begin() as connection:
            for case, revision in changed:
                found, alike = results[case.id]
                self._keep(connection, case, revision, found, alike)
        return True

    def _search_tonight(self) -> bool:
        now = self._clock()
        with self._database.read() as connection:
            oldest = store.oldest_search(connection)
            if oldest is None or oldest >= now - now % DAY:
                return False
            found = self._cases.open_cases(connection, Register.FOUND, after=self._night.after, limit=_BATCH + 1)
            results = self._search(connection, found[:_BATCH], duplicates=False)
        with self._database.begin() as connection:
            for case in found[:_BATCH]:
                self._night.candidates += self._insert(connection, case, results[case.id][0], now)
                self._night.cases += 1
            if len(found) <= _BATCH:
                self._end_night(connection, now)
            else:
                self._night.after = found[_BATCH - 1].id
        return True

    def _end_night(self, connection: Connection, now: int) -> None:
        store.note_night(connection, now)
        record(
            connection,
            AuditAction.REGISTERS_COMPARED,
            actor=self._hub,
            subject=self._hub,
            at=now,
            cases=self._night.cases,
            candidates=self._night.candidates,
            reason=_FOUND if self._night.candidates else _NOTHING,
        )
        self._night = _Night()

    def _search(
        self, connection: Connection, wanted: Sequence[CaseRecord], *, duplicates: bool = True
    ) -> Mapping[CaseId, tuple[SearchResult, SearchResult]]:
        """For each case what the other register holds, and what its own does."""
        today = utc_day(self._clock())
        month = Month(today.year, today.month)
        registers = {case.register for case in wanted}
        searched = {register.other for register in registers} | (registers if duplicates else set())
        galleries = {register: self._gallery(connection, register) for register in searched}
        results: dict[CaseId, tuple[SearchResult, SearchResult]] = {}
        for case in wanted:
            probe = self._probe(connection, case)
            alike = galleries[case.register].search(probe, month) if duplicates else SearchResult((), 0)
            results[case.id] = galleries[case.register.other].search(probe, month), alike
        return results

    def _gallery(self, connection: Connection, register: Register) -> Gallery:
        return Gallery(list(self._cases.open_templates(connection, register)), self._scores)

    def _probe(self, connection: Connection, case: CaseRecord) -> Probe:
        templates = self._cases.templates(connection, case.id, self._scores.pack_digest)
        return Probe(case.id, case.sex, case.birth, templates)

    def _keep(
        self, connection: Connection, case: CaseRecord, revision: int, found: SearchResult, alike: SearchResult
    ) -> None:
        now = self._clock()
        new = self._insert(connection, case, found, now)
        self._cases.duplicates.suggest_like_faces(connection, case.id, [one.case for one in alike.candidates], now)
        store.note_search(
            connection, case.id, revision=revision, pack_digest=self._scores.pack_digest, at=now, candidates=new
        )
        record(
            connection,
            AuditAction.CASE_SEARCHED,
            actor=self._hub,
            subject=case.id,
            at=now,
            register=str(case.register.other),
            candidates=new,
            reason=_FOUND if new else _NOTHING,
        )

    def _insert(self, connection: Connection, case: CaseRecord, result: SearchResult, now: int) -> int:
        return sum(
            store.insert_match(connection, self._match(connection, case, one, result.comparable, now))
            for one in result.candidates
            if self._are_open(connection, case.id, one.case)
        )

    def _are_open(self, connection: Connection, *both: CaseId) -> bool:
        # Either may have been closed since it was read.
        return all(self._cases.summary(connection, case).state in SEARCHED for case in both)

    def _match(
        self, connection: Connection, case: CaseRecord, one: Likeness, comparable: int, now: int
    ) -> RegisterMatch:
        ours, theirs = (case.id, one.probe_photo), (one.case, one.photo)
        missing, found = (ours, theirs) if case.register is Register.MISSING else (theirs, ours)
        return RegisterMatch(
            id=MatchId(self._entropy(8).hex()),
            missing=missing[0],
            found=found[0],
            missing_photo=missing[1],
            found_photo=found[1],
            pack_digest=self._scores.pack_digest,
            raw=one.raw,
            score=one.score,
            chance=one.chance,
            comparable=comparable,
            warning=self._cases.fault(connection, missing[1]) or self._cases.fault(connection, found[1]),
            site="",
            at=now,
        )
