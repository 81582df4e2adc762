"""What a unit knows of the time, on its disk: for the next start, and for its other processes until then."""

from dataclasses import astuple
from typing import Final

from edge_agent.database import UnitDatabase
from edge_agent.trusted_time import Agreed, KnownTime, Uptime

_NAMES: Final = ("time_floor", "time_error", "time_guess", "time_boot", "time_uptime")
_AGREED_NAMES: Final = ("time_agreed", "time_told", "time_counted")
_NONE: Final = -1  # For an error that nobody can tell: the table holds integers alone.


class TimeStore:
    """Raises the database's errors from both methods."""

    def __init__(self, database: UnitDatabase) -> None:
        """Over an open database."""
        self._database = database

    def read(self) -> KnownTime:
        """What was kept last; `KnownTime.nothing()` before the first time."""
        with self._database.reading() as database:
            rows = dict(database.execute("SELECT name, value FROM state WHERE name LIKE 'time!_%' ESCAPE '!'"))
        if not rows:
            return KnownTime.nothing()
        floor, error, guess, boot, uptime = (int(rows[name]) for name in _NAMES)
        # An earlier version of this program kept nothing of it.
        agreed = Agreed(*(int(rows[name]) for name in _AGREED_NAMES if name in rows))
        return KnownTime(floor, None if error == _NONE else error, guess, Uptime(boot, uptime), agreed)

    def keep(self, known: KnownTime) -> None:
        """Keep what the unit's agent knows. Other processes only read it: theirs may be older than a correction."""
        floor, error, guess, (boot, uptime), agreed = astuple(known)
        values = (floor, _NONE if error is None else error, guess, boot, uptime, *agreed)
        with self._database.transaction() as database:
            database.table("state", pk="name").upsert_all(
                {"name": name, "value": value} for name, value in zip(_NAMES + _AGREED_NAMES, values, strict=True)
            )
