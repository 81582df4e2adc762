"""A unit's counters. A number is taken in the transaction that uses it: none is given twice, and none is left out."""

from enum import StrEnum

import sqlite_utils


class Counter(StrEnum):
    """What is numbered; the value names the row that holds the next number."""

    MESSAGES = "next_sequence"
    REPORTS = "next_report"


def take(database: sqlite_utils.Database, counter: Counter) -> int:
    """The next number, which nobody else gets."""
    number = upcoming(database, counter)
    _write(database, counter, number + 1)
    return number


def upcoming(database: sqlite_utils.Database, counter: Counter) -> int:
    """The number that would be taken next; the first is 1."""
    row = database.execute("SELECT value FROM state WHERE name = ?", [str(counter)]).fetchone()
    return 1 if row is None else int(row[0])


def skip_to(database: sqlite_utils.Database, counter: Counter, number: int) -> None:
    """Give no number below this one."""
    if upcoming(database, counter) < number:
        _write(database, counter, number)


def _write(database: sqlite_utils.Database, counter: Counter, number: int) -> None:
    database.table("state", pk="name").upsert({"name": str(counter), "value": number})
