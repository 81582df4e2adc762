"""What staff know of a found child, as they enter it."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from faults import RejectedError
from protocol.found import (
    MAX_CIRCUMSTANCES,
    MAX_CLOTHING,
    MAX_LANGUAGES,
    MAX_LINE,
    MAX_MARKS,
    MAX_NAMES,
    FoundFacts,
    FoundMark,
)
from protocol.lines import is_line

T = TypeVar("T")


class FoundFactsError(RejectedError):
    """Something that was entered of a found child is too long, too much, or no text."""


def record_found(
    *,
    names: Iterable[str] = (),
    languages: Iterable[str] = (),
    marks: Iterable[FoundMark] = (),
    clothing: str = "",
    place: str = "",
    found_on: date | None = None,
    circumstances: str = "",
) -> FoundFacts:
    """The facts, of which each may be left out. White space is put right. Raises FoundFactsError."""
    return FoundFacts(
        names=_several(names, MAX_NAMES, "names"),
        languages=_several(languages, MAX_LANGUAGES, "languages"),
        marks=tuple(FoundMark(mark.where, _line(mark.what, MAX_LINE)) for mark in _at_most(marks, MAX_MARKS, "marks")),
        clothing=_line(clothing, MAX_CLOTHING),
        place=_line(place, MAX_LINE),
        found_on=found_on,
        circumstances=_line(circumstances, MAX_CIRCUMSTANCES),
    )


def _several(texts: Iterable[str], limit: int, what: str) -> tuple[str, ...]:
    lines = [line for line in (_line(text, MAX_LINE) for text in texts) if line]
    return tuple(_at_most(lines, limit, what))


def _at_most(items: Iterable[T], limit: int, what: str) -> list[T]:
    found = list(items)
    if len(found) > limit:
        raise FoundFactsError("At most {limit} {what} of a found child are taken.", limit=limit, what=what)
    return found


def _line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    if len(line) > limit or not is_line(line):
        raise FoundFactsError("Each fact of a found child is text of at most {limit} characters.", limit=limit)
    return line
