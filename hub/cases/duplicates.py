"""Cases that may be one child's: suggested, then merged or marked distinct for good."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import duplicate_store, name_store, photo_store, store
from hub.cases.errors import CaseError
from hub.cases.lifecycle import WITH_FACES, require_transition
from hub.cases.model import CaseRecord, CaseState, CaseSummary, Reason
from hub.cases.photo_intake import MAX_PHOTOGRAPHS
from hub.cases.reading import CaseReader
from hub.cases.sealing import case_place, close_term, number_index
from hub.names.folding import sounds
from hub.sites import Sites
from protocol.ids import CaseId
from protocol.person import Sex

_MOST: Final = 20
_SLACK_MONTHS: Final = 24
"""How far two birth bands may lie apart for two reports of one child: people guess."""


class Likeness(StrEnum):
    """What makes two cases look like one child's."""

    FACE = "face"
    NAME = "name"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another case that may be the same child's."""

    other: CaseSummary
    grounds: frozenset[Likeness]


class Duplicates:
    """Pairs of cases on one register. Whoever calls it holds the transaction."""

    def __init__(self, vault: Vault, reader: CaseReader) -> None:
        self._vault = vault
        self._reader = reader

    def suggest(self, connection: Connection, case: CaseId, at: int) -> None:
        """Note the cases that have this one's reference or name. Those of like faces come from the comparison."""
        row = self._reader.record(connection, case)
        names = self._reader.description(row).names
        found: dict[CaseId, set[Likeness]] = {}
        for other in store.with_number(connection, number_index(self._vault, self._reader.reference(row))):
            found.setdefault(other, set()).add(Likeness.REFERENCE)
        for name in names:
            heard = [sound for sound in sounds(name) if not sound.common]
            terms = {close_term(self._vault, sound) for sound in heard}
            # One word alone is half a village's.
            if len(terms) > 1:
                for other in name_store.with_all(connection, terms, _MOST):
                    found.setdefault(other, set()).add(Likeness.NAME)
        for other, grounds in found.items():
            self._note(connection, row, other, grounds, at)

    def suggest_like_faces(self, connection: Connection, case: CaseId, others: Collection[CaseId], at: int) -> None:
        """Note the cases whose faces a comparison found to be alike."""
        row = self._reader.record(connection, case)
        for other in others:
            self._note(connection, row, other, {Likeness.FACE}, at)

    def suggestions(self, connection: Connection, case: CaseId, sites: Sites) -> list[Suggestion]:
        """What nobody has judged yet, of cases of these sites that are kept."""
        found = [
            Suggestion(self._reader.summary(connection, other), frozenset(map(Likeness, grounds)))
            for other, grounds in duplicate_store.unjudged(connection, case)
        ]
        return [one for one in found if one.other.state in WITH_FACES and sites.include(one.other.site)]

    def mark_distinct(self, connection: Connection, case: CaseId, other: CaseId, actor: str, at: int) -> None:
        """Two children, for good: the pair is not suggested again. Raises CaseError or UnknownCaseError."""
        self._require_two(connection, case, other)
        if not duplicate_store.judge(connection, case, other, duplicate_store.DISTINCT, actor=actor, at=at):
            raise CaseError("Somebody has judged these two cases already. Look at them again.")
        record(connection, AuditAction.CASES_DISTINCT, actor=actor, subject=case, at=at, other=other)

    def merge(self, connection: Connection, case: CaseId, into: CaseId, *, note: str, actor: str, at: int) -> None:
        """One child: `into` goes on with the photographs and names of both; `case` keeps what was entered for it.

        Raises CaseError, TransitionError or UnknownCaseError.
        """
        old, new = self._require_two(connection, case, into)
        require_transition(old.state, CaseState.MERGED, Reason.DUPLICATE)
        if new.state is not CaseState.OPEN:
            raise CaseError("The case {into} is {state}: nothing can be merged into it.", into=into, state=new.state)
        together = len(photo_store.photo_rows(connection, case)) + len(photo_store.photo_rows(connection, into))
        if together > MAX_PHOTOGRAPHS:
            raise CaseError(
                "Together the two cases have {together} photographs, and one takes {most}. Remove some first.",
                together=together,
                most=MAX_PHOTOGRAPHS,
            )
        photo_store.move(connection, case, into)
        name_store.copy_names(connection, case, into, new.registered_at)
        store.set_state(connection, case, CaseState.MERGED, at, into=into)
        sealed = self._vault.encrypt(note.encode(), case_place(case, "note")) if note else None
        store.add_event(
            connection, case, at=at, actor=actor, state=CaseState.MERGED, reason=Reason.DUPLICATE, note=sealed
        )
        store.touch(connection, into)
        if not duplicate_store.judge(connection, case, into, duplicate_store.MERGED, actor=actor, at=at):
            raise CaseError("These two cases were marked as two children. They cannot be merged.")
        for other in duplicate_store.distinct_from(connection, case):
            # Not this child's is not the child's of the case that goes on: for good, it was said.
            duplicate_store.judge(connection, into, other, duplicate_store.DISTINCT, actor=actor, at=at)
        record(connection, AuditAction.CASES_MERGED, actor=actor, subject=case, at=at, other=into)

    def _require_two(self, connection: Connection, case: CaseId, other: CaseId) -> tuple[CaseRecord, CaseRecord]:
        if case == other:
            raise CaseError("A case cannot be compared with itself.")
        # In one order, so that two people who merge the same two cases wait for each other and not forever.
        rows = {one: self._reader.record(connection, one, lock=True) for one in sorted((case, other))}
        if rows[case].register is not rows[other].register:
            raise CaseError("The two cases are on different registers: a match of theirs is for reviewers to decide.")
        return rows[case], rows[other]

    def _note(
        self, connection: Connection, row: CaseRecord, other: CaseId, grounds: Collection[Likeness], at: int
    ) -> None:
        if other == row.id:
            return
        second = self._reader.record(connection, other)
        alike = second.register is row.register and second.state in WITH_FACES and _may_be_one(row, second)
        if alike:
            duplicate_store.suggest(connection, row.id, other, grounds, at)


def _may_be_one(first: CaseRecord, second: CaseRecord) -> bool:
    if Sex.UNKNOWN not in (first.sex, second.sex) and first.sex is not second.sex:
        return False
    apart = max(first.birth.earliest.ordinal, second.birth.earliest.ordinal) - min(
        first.birth.latest.ordinal, second.birth.latest.ordinal
    )
    return apart <= _SLACK_MONTHS
