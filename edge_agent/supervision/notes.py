"""Faults that one process of the unit finds and another one reports: a camera's, by whoever takes the intake."""

from collections.abc import Collection, Iterable
from typing import Final

from edge_agent.database import UnitDatabase
from protocol.health import Alarm

_PREFIX: Final = "fault "


class FaultNotes:
    """The faults that were found and have not been seen mended since. On disk, so that they outlive a start."""

    def __init__(self, database: UnitDatabase) -> None:
        """Kept in the table `state`, which says nothing of any child."""
        self._database = database

    def settle(self, looked_at: Collection[Alarm], found: Iterable[Alarm]) -> None:
        """Of the faults that were looked at, exactly those that were found stand now. Raises the database's errors."""
        found = frozenset(found)
        if self.standing() & frozenset(looked_at) == found:
            return
        with self._database.transaction() as tables:
            for alarm in looked_at:
                tables.execute("DELETE FROM state WHERE name = ?", (f"{_PREFIX}{alarm}",))
            for alarm in sorted(found):
                tables.execute("INSERT INTO state (name, value) VALUES (?, 1)", (f"{_PREFIX}{alarm}",))

    def standing(self) -> frozenset[Alarm]:
        """Every fault that stands. Raises the database's errors."""
        with self._database.reading() as tables:
            rows = tables.execute("SELECT name FROM state WHERE name LIKE ?", (f"{_PREFIX}%",)).fetchall()
        words = (name.removeprefix(_PREFIX) for (name,) in rows)
        return frozenset(Alarm(word) for word in words if word in Alarm.__members__.values())
