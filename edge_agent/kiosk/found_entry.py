"""What is entered of a found child at the screen, as it was typed and touched."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from edge_agent.found.facts import FoundFactsError, record_found
from protocol.found import BodyPart, FoundFacts, FoundMark


class IncompleteMarkError(FoundFactsError):
    """Of a scar or a mark, the place on the body or the description is missing."""


class FoundWhen(StrEnum):
    """When the child was found, as far as one touch can say it."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    EARLIER = "earlier"

    def day(self, today: date) -> date | None:
        """The day; None where it is not known."""
        days = {FoundWhen.TODAY: 0, FoundWhen.YESTERDAY: 1}.get(self)
        return None if days is None else today - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class EnteredMark:
    """A scar, a birthmark, an injury: where on the body, and what it looks like. Both, or nothing."""

    where: BodyPart | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class EnteredFound:
    """What the second page of a registration asks for, complete or not: `facts` says."""

    marks: tuple[EnteredMark, ...] = ()
    clothing: str = ""
    place: str = ""
    when: FoundWhen = FoundWhen.EARLIER
    circumstances: str = ""

    def facts(self, name: str, languages: Iterable[str], today: date) -> FoundFacts:
        """What can be recorded of it. Raises IncompleteMarkError or FoundFactsError."""
        return record_found(
            names=[name],
            languages=languages,
            marks=[mark for mark in map(_mark, self.marks) if mark is not None],
            clothing=self.clothing,
            place=self.place,
            found_on=self.when.day(today),
            circumstances=self.circumstances,
        )


def _mark(entered: EnteredMark) -> FoundMark | None:
    what = entered.what.strip()
    if entered.where is None and not what:
        return None
    if entered.where is None or not what:
        raise IncompleteMarkError("Say of a scar or mark where it is and what it looks like.")
    return FoundMark(entered.where, what)
