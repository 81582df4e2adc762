"""The end of intakes that the hub has kept for as long as it may, by what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from hub.clock import DAY, HOUR, Clock
from hub.db import Database
from hub.erasure.at_once import OwnErasures, registrations
from hub.erasure.found_children import Registrations
from hub.erasure.intakes import IntakeErasing, Removed
from hub.erasure.model import Cause
from hub.ingest.service import ErasureReason, HeldSighting
from hub.review.service import Standing
from protocol.ids import HubId


@dataclass(frozen=True, slots=True)
class IntakeDays:
    """For how many days after its receipt an intake is kept, by what came of it.

    Where nobody was recognised, its consent record may say fewer: what the receipt promises is never exceeded.
    """

    no_candidate: int = 30
    rejected: int = 30
    undecided: int = 30
    confirmed: int = 365
    registered: int = 730  # a found child's registration that never became a case

    @property
    def least(self) -> int:
        """Nothing ends earlier, but for its consent record."""
        return min(self.no_candidate, self.rejected, self.undecided, self.confirmed)


_REASONS: Final[Mapping[Standing, ErasureReason]] = {
    Standing.NOT_ASKED: ErasureReason.NO_CANDIDATE,
    Standing.REJECTED: ErasureReason.REJECTED,
    Standing.UNDECIDED: ErasureReason.UNDECIDED,
    Standing.CONFIRMED: ErasureReason.CONFIRMED,
}


class IntakeRetention:
    """Ends what is due. Only while its process leads, and its clock may be trusted."""

    def __init__(
        self,
        database: Database,
        erasing: IntakeErasing,
        found: Registrations,
        own: OwnErasures,
        days: IntakeDays,
        *,
        clock: Clock,
        hub: HubId,
    ) -> None:
        self._database = database
        self._erasing = erasing
        self._found = found
        self._own = own
        self._days = {
            ErasureReason.NO_CANDIDATE: days.no_candidate,
            ErasureReason.REJECTED: days.rejected,
            ErasureReason.UNDECIDED: days.undecided,
            ErasureReason.CONFIRMED: days.confirmed,
        }
        self._least = days.least
        self._registered = days.registered
        self._clock = clock
        self._hub = hub
        self._looked_at = 0

    def expire_due(self) -> int:
        """End every intake and registration that was kept for long enough; how many there were.

        Raises DatabaseUnavailableError.

        Once an hour: each time, the database's files are emptied of what was deleted.
        """
        if abs(self._clock() - self._looked_at) < HOUR:
            return 0
        ended, last = self._end_registrations(), None
        while True:
            now = self._clock()
            with self._database.begin() as connection:
                batch = self._erasing.sightings.aged(connection, self._least, now, last)
                ended += self._end(connection, batch, now)
            if not batch:
                self._looked_at = now
                return ended
            last = batch[-1]

    def _end_registrations(self) -> int:
        """Of found children who never got a case, which would have an end of its own."""
        ended = 0
        while True:
            now = self._clock()
            with self._database.begin() as connection:
                until, actor = now - self._registered * DAY, self._hub
                batch = self._found.expire(connection, until, actor=actor, at=now)
                if batch:
                    self._own.note(connection, Cause.RETENTION, registrations(batch), actor=actor, at=now)
            if not batch:
                return ended
            ended += batch

    def _end(self, connection: Connection, batch: list[HeldSighting], now: int) -> int:
        removed, actor = Removed(), self._hub
        for sighting in batch:
            reason = _REASONS[self._erasing.reviews.standing(connection, sighting.id)]
            if now >= sighting.received_at + self._days_of(sighting, reason) * DAY:
                self._erasing.erase(connection, sighting, reason, removed, actor=actor, at=now)
        if removed.intakes:
            self._own.note(connection, Cause.RETENTION, removed, actor=actor, at=now)
        return removed.intakes

    def _days_of(self, sighting: HeldSighting, reason: ErasureReason) -> int:
        days = self._days[reason]
        # Who was recognised is kept to be protected, and no longer because somebody consented to a search.
        if reason is ErasureReason.CONFIRMED or sighting.permitted_days is None:
            return days
        return min(days, sighting.permitted_days)
