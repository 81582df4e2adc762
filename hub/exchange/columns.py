"""The columns of the CSV file that cases come in with: what each means, and how its text is read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from faults import RejectedError
from hub.cases.service import MAX_ITEMS, BodyPart, Build, Complexion, Mark, Purpose, Register, Risk
from protocol.errors import FieldError
from protocol.person import Month, Sex
from protocol.sighting import LegalBasis

_ITEM: Final = re.compile(r"(?:\\[\\;]|[^;])+")
_ESCAPED: Final = re.compile(r"\\([\\;])")
_TO_ESCAPE: Final = re.compile(r";|\\(?=[\\;]|$)")


class CellError(RejectedError):
    """A cell cannot be read."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `read` takes a text that is not empty."""

    name: str
    meaning: str
    example: str
    read: Callable[[str], Any]
    required: bool = False


def _text(text: str) -> str:
    return text


def _items(text: str) -> tuple[str, ...]:
    parts = (_ESCAPED.sub(r"\1", part).strip() for part in _ITEM.findall(text))
    return tuple(part for part in parts if part)


def joined(items: Iterable[str]) -> str:
    r"""Items as one cell; a ; of an item's own stands there as \;."""
    return "; ".join(_TO_ESCAPE.sub(r"\\\g<0>", item) for item in items)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellError("{text} is not a day: write YYYY-MM-DD, such as 2026-09-01.", text=repr(text[:20])) from None


def _month(text: str) -> Month:
    year, _, month = text.partition("-")
    try:
        return Month(int(year), int(month))
    except (ValueError, FieldError):
        raise CellError("{text} is not a month: write YYYY-MM, such as 2014-07.", text=repr(text[:20])) from None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise CellError("{text} is not a whole number.", text=repr(text[:20]))
    return int(text)


def _choice(kind: Any) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text.lower())
        except ValueError:
            raise CellError("{text} is none of: {listed}.", text=repr(text[:40]), listed=", ".join(kind)) from None

    return read


def _purposes(text: str) -> frozenset[Purpose]:
    return frozenset(_choice(Purpose)(item) for item in _items(text))


def _marks(text: str) -> tuple[Mark, ...]:
    return tuple(_mark(item) for item in _items(text))


def _mark(item: str) -> Mark:
    where, colon, what = item.partition(":")
    if not colon or not what.strip():
        raise CellError("Write a mark as PLACE: WHAT, such as 'left arm: scar of a burn', with ; between several.")
    return Mark(_choice(BodyPart)(where.strip()), what.strip())


COLUMNS: Final = (
    Column("register", "missing, or found for a child whose family is not known", "missing", _choice(Register), True),
    Column("reference", "GD or FIR number, or the shelter's own", "GD 412/2026", _text, True),
    Column("station", "the police station or shelter that gave the reference", "Benapole Port", _text),
    Column("names", "every name and spelling, in any script, with ; between", "Rahima Khatun; রহিমা খাতুন", _items),
    Column("sex", "female, male or unknown", "female", _choice(Sex), True),
    Column("born_on", "day of birth, YYYY-MM-DD, if it is known; else leave it out and give the next two", "", _day),
    Column("born_from", "earliest month of birth, YYYY-MM", "2016-01", _month),
    Column("born_to", "latest month of birth, YYYY-MM", "2016-12", _month),
    Column("languages", "with ; between", "Bangla; Hindi", _items),
    Column("height_cm", "a whole number", "118", _number),
    Column("build", "thin, medium or heavy", "thin", _choice(Build)),
    Column("complexion", "fair, wheatish or dark", "wheatish", _choice(Complexion)),
    Column("marks", "PLACE: WHAT, with ; between", "left arm: scar of a burn", _marks),
    Column("clothing", "when last seen or found", "red frock, blue sandals", _text),
    Column("last_seen", "day, YYYY-MM-DD; of a found child, the day it was found", "2026-09-01", _day),
    Column("place", "where", "Jashore railway station", _text),
    Column("circumstances", "what is known", "went to the market and did not come back", _text),
    Column("reporter_name", "who reported the case", "", _text),
    Column("reporter_relation", "to the child", "", _text),
    Column("reporter_telephone", "", "", _text),
    Column("guardian_name", "who has the care; of a second, guardian_2_name and so on, up to 20", "Amina Begum", _text),
    Column("guardian_relation", "", "mother", _text),
    Column("guardian_telephone", "", "", _text),
    Column("risk", "high, medium or low; without it, medium", "high", _choice(Risk)),
    Column(
        "legal_basis",
        "guardian-consent, best-interests, court-order or police-order",
        "guardian-consent",
        _choice(LegalBasis),
        True,
    ),
    Column("basis_reference", "number of the form, order or decision", "C-2026-118", _text),
    Column(
        "purposes", "search, sharing, publication, with ; between; without it, search", "search; sharing", _purposes
    ),
    Column("basis_until", "last day of the consent or order; a consent needs one", "2027-09-01", _day),
    Column("site", "such as bd/benapole: whose staff may see the case; without it, the whole hub's", "", _text),
    Column("slice", "the list of units; without it, the hub's first; none for a found child", "", _text),
    Column("photos", "names of files in the folder of photographs, with ; between", "", _items),
    Column("photo_taken_on", "day on which they were taken", "", _day),
    Column("photo_source", "who gave them", "", _text),
)


def guardian_columns(number: int) -> tuple[str, str, str]:
    """What the columns of one guardian's name, relation and telephone are called; `number` counts from 1."""
    which = "guardian" if number == 1 else f"guardian_{number}"
    return f"{which}_name", f"{which}_relation", f"{which}_telephone"


# Given where a case has more guardians than one. The template has only the first's.
FURTHER: Final = tuple(
    Column(name, "as the first guardian's", "", _text)
    for number in range(2, MAX_ITEMS + 1)
    for name in guardian_columns(number)
)

BY_NAME: Final[Mapping[str, Column]] = {column.name: column for column in (*COLUMNS, *FURTHER)}
