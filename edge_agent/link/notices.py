"""Notices of the hub, kept sealed as they came. Nothing on the unit shows, sounds or logs that there is one."""

from edge_agent.database import UnitDatabase
from edge_agent.trusted_time import Milliseconds
from protocol.envelope import Opened


class NoticeStore:
    """Verified notice envelopes on disk; only the unit's key opens them."""

    def __init__(self, database: UnitDatabase) -> None:
        """Over an open database."""
        self._database = database

    def keep(self, opened: Opened, envelope: bytes, now: Milliseconds) -> None:
        """Keep an envelope; one that is there already changes nothing. Raises the database's errors."""
        with self._database.transaction() as database:
            database.table("notices").insert(
                {"digest": opened.digest, "envelope": envelope, "received_at": now}, ignore=True
            )
