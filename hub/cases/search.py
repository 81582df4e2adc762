"""Pages of the registers: filtered, found by name or reference, newest first, at any length of a register.

A page is read from where the last one ended, by an index in the order of registration, and never counted through. Of
cases found by name, those whose spelling is close come before those that only sound alike, and both before those in
whose name there may be a slip, or two words are written as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    except_,
    intersect,
    not_,
    or_,
    select,
    tuple_,
)

from faults import RejectedError
from hub.atrest import Vault
from hub.cases import store
from hub.cases.model import CaseRecord, CaseState, CaseSummary, Register, Risk
from hub.cases.name_store import has_term, rarest_first
from hub.cases.reading import CaseReader
from hub.cases.sealing import close_term, far_term, number_index, reference_index
from hub.cases.tables import case_names, cases
from hub.names.folding import Sound, joined_sounds, sounds
from hub.sites import EVERY_SITE, Sites
from protocol.ids import CaseId
from protocol.person import AgeBand, Month, Sex

PAGE_LENGTH: Final = 50


class CursorError(RejectedError):
    """A page was asked for in a way that no page's links do."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; None or empty: anything. `text`: a name in any script, a reference, or a case."""

    text: str = ""
    register: Register | None = None
    state: CaseState | None = None
    sex: Sex | None = None
    age_band: AgeBand | None = None
    risk: Risk | None = None
    site: str | None = None
    sites: Sites = EVERY_SITE


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: in which part of what is found (0 close, 1 far, 2 after a slip), and at which case."""

    part: int
    registered_at: int
    case: CaseId

    def __str__(self) -> str:
        return f"{self.part}.{self.registered_at}.{self.case}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises CursorError."""
        part, _, rest = text.partition(".")
        at, _, case = rest.partition(".")
        if (
            part not in ("0", "1", "2")
            or not at.isascii()
            or not at.isdigit()
            or len(at) > 15
            or not 0 < len(case) <= 130
        ):
            raise CursorError("There is no such page. Search again.")
        return cls(int(part), int(at), CaseId(case))


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a page. `names`: as they were entered."""

    summary: CaseSummary
    names: tuple[str, ...]
    close: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Cases, and from where the next page goes on; None: that is all."""

    lines: tuple[Line, ...]
    after: Cursor | None


class CaseSearch:
    """Finds cases on both registers."""

    def __init__(self, vault: Vault, reader: CaseReader) -> None:
        self._vault = vault
        self._reader = reader

    def page(self, connection: Connection, filters: Filters, today: Month, after: Cursor | None = None) -> Page:
        """At most PAGE_LENGTH cases. `today`: from which ages are counted."""
        conditions = _conditions(filters, today)
        text = filters.text.strip()
        heard = [sound for sound in sounds(text) if not sound.common] or list(sounds(text))
        # A reference has digits, a case a stroke; what has neither is a name.
        if not text or not heard or any(letter.isdigit() or letter == "/" for letter in text):
            if text:
                conditions.append(self._named(text))
            return self._read(connection, [_plain(conditions)], after)
        close = sorted({close_term(self._vault, sound) for sound in heard})
        far = sorted({far_term(self._vault, sound.far) for sound in heard})
        not_close = not_(and_(*(has_term(cases.c.id, term) for term in close)))
        parts = [
            _by_name(conditions, rarest_first(connection, close)),
            _by_name([*conditions, not_close], rarest_first(connection, far)),
            _among(conditions, self._after_slips(heard, joined_sounds(text), but=far)),
        ]
        return self._read(connection, parts, after)

    def every(self, connection: Connection, filters: Filters, today: Month) -> Iterator[Line]:
        """What is found on every page, in their order."""
        after: Cursor | None = None
        while True:
            page = self.page(connection, filters, today, after)
            yield from page.lines
            after = page.after
            if after is None:
                return

    def _after_slips(self, heard: Sequence[Sound], joined: Sequence[Sound], but: Sequence[bytes]) -> Subquery:
        """The cases that have of each word: it, a slip of it, or it and a neighbour written as one; `but`, not all.

        Each word's cases are read once and compared as sets: to look for every word of every case takes seconds.
        """
        each = []
        for place, sound in enumerate(heard):
            as_one = (one.far for one in joined[max(place - 1, 0) : place + 1])
            each.append([far_term(self._vault, one) for one in sorted({sound.far, *sound.slips, *as_one})])
        wanted, known = _with_one_of_each(each), _with_one_of_each([[term] for term in but])
        return except_(select(wanted), select(known)).subquery()

    def _named(self, text: str) -> ColumnElement[bool]:
        return or_(
            cases.c.number_index == number_index(self._vault, text),
            cases.c.reference_index == reference_index(self._vault, text, ""),
            cases.c.id == text.lower(),
        )

    def _read(self, connection: Connection, parts: Sequence[Select[tuple[object, ...]]], after: Cursor | None) -> Page:
        found: list[tuple[CaseRecord, int]] = []
        for part in range(0 if after is None else after.part, len(parts)):
            query = parts[part]
            if after is not None and after.part == part:
                query = query.where(tuple_(query.selected_columns.at, cases.c.id) < (after.registered_at, after.case))
            rows = connection.execute(query.limit(PAGE_LENGTH + 1 - len(found)))
            found += [(store.record_of(row), part) for row in rows]
            if len(found) > PAGE_LENGTH:
                break
        shown = found[:PAGE_LENGTH]
        summaries = self._reader.summaries_of(connection, [case for case, _ in shown])
        lines = tuple(
            Line(summary, self._reader.description(case).names, close=part == 0)
            for summary, (case, part) in zip(summaries, shown, strict=True)
        )
        return Page(lines, _end(*shown[-1]) if len(found) > PAGE_LENGTH else None)


def _end(last: CaseRecord, part: int) -> Cursor:
    return Cursor(part, last.registered_at, last.id)


def _plain(conditions: Sequence[ColumnElement[bool]]) -> Select[tuple[object, ...]]:
    query = select(cases, cases.c.registered_at.label("at")).where(*conditions)
    return query.order_by(cases.c.registered_at.desc(), cases.c.id.desc())


def _by_name(conditions: Sequence[ColumnElement[bool]], terms: Sequence[bytes]) -> Select[tuple[object, ...]]:
    """The cases with every one of the hashes, along the index of the rarest."""
    query = (
        select(cases, case_names.c.registered_at.label("at"))
        .join_from(case_names, cases, cases.c.id == case_names.c.case_id)
        .where(case_names.c.term == terms[0], *(has_term(case_names.c.case_id, term) for term in terms[1:]))
        .where(*conditions)
    )
    return query.order_by(case_names.c.registered_at.desc(), case_names.c.case_id.desc())


def _among(conditions: Sequence[ColumnElement[bool]], found: Subquery) -> Select[tuple[object, ...]]:
    """The cases of a set of (case_id, registered_at)."""
    query = select(cases, found.c.registered_at.label("at")).join_from(found, cases, cases.c.id == found.c.case_id)
    return query.where(*conditions).order_by(found.c.registered_at.desc(), found.c.case_id.desc())


def _with_one_of_each(each: Sequence[Sequence[bytes]]) -> Subquery:
    """The set of (case_id, registered_at) of the cases that have one hash of each group."""
    columns = select(case_names.c.case_id, case_names.c.registered_at)
    return intersect(*(columns.where(case_names.c.term.in_(terms)) for terms in each)).subquery()


def _conditions(filters: Filters, today: Month) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.sites.names is not None:
        wanted.append(filters.sites.condition(cases.c.site))
    for column, value in (
        (cases.c.register, filters.register),
        (cases.c.state, filters.state),
        (cases.c.sex, filters.sex),
        (cases.c.risk, filters.risk),
        (cases.c.site, filters.site),
    ):
        if value is not None:
            wanted.append(column == value)
    if filters.age_band is not None:
        low, high = filters.age_band.years
        # Someone of `high` completed years may turn `high` + 1 later this month, hence the whole month.
        wanted.append(cases.c.born_to >= today.ordinal - 12 * (high + 1))
        wanted.append(cases.c.born_from <= today.ordinal - 12 * low)
    return wanted
