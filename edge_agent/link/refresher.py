"""Keeps the list fresh: synchronises in turn, when a newer one is announced, and again after a failure."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from edge_agent.link.backoff import Backoff
from edge_agent.link.current_list import CurrentList
from edge_agent.link.events import SyncEnded
from edge_agent.link.sync_worker import SyncWorker
from edge_agent.watchlist.loading import Watchlist
from faults import MissingChildAlertError, RejectedError
from protocol.announcement import Announcement

logger = structlog.get_logger()

SPACING: Final = 2.0
"""Seconds between two synchronisations, whatever is announced: announcements are not signed."""

_BACKOFF: Final = Backoff(first=5.0, longest=900.0)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a synchronisation came to."""

    changed: bool  # the version of the list is another than before
    refused: bool  # what the hub's server gave was not acceptable


class ListRefresher:
    """Decides when to synchronise. The synchronisation itself runs in the worker's thread."""

    def __init__(
        self,
        current: CurrentList,
        worker: SyncWorker,
        *,
        every: float,
        monotonic: Callable[[], float],
        source: random.Random,
    ) -> None:
        """`every`: seconds between two synchronisations that nothing asked for."""
        self._current = current
        self._worker = worker
        self._every = every
        self._monotonic = monotonic
        self._random = source
        self._failures = 0
        self.due = self._not_before = monotonic()  # `due`: when `turn` wants to be called, in monotonic seconds

    @property
    def watchlist(self) -> Watchlist | None:
        """The list in memory, while it may be used."""
        return self._current.watchlist

    def turn(self, now: float) -> None:
        """Let go of a list whose lease has ended, and begin a synchronisation that is due."""
        self._current.expire()
        if now < self.due:
            return
        if self._worker.busy:
            self.due = now + SPACING
        else:
            self.due = now + self._every
            self._not_before = now + SPACING
            self._worker.start()

    def hear_announcement(self, payload: bytes) -> None:
        """The hub's hint that there is another list. Raises protocol errors."""
        announced = Announcement.from_bytes(payload).timestamp_version
        if announced != self._current.timestamp_version:
            self.due = min(self.due, max(self._monotonic(), self._not_before))

    def take_keyring(self, envelope: bytes) -> None:
        """A keyring that came as a message. Raises as `CurrentList.take_keyring`."""
        self._current.take_keyring(envelope)

    def finish(self, ended: SyncEnded) -> Refreshed:
        """Use what the worker brought. Raises the database's errors."""
        try:
            synced = ended.outcome.result()
        except MissingChildAlertError as error:
            self._failures += 1
            self.due = self._monotonic() + min(_BACKOFF.delay(self._failures, self._random), self._every)
            logger.warning("watchlist.sync_failed", kind=type(error).__name__, reason=str(error))
            # It may have learnt that the list may not be used any more.
            return Refreshed(self.reload(), refused=isinstance(error, RejectedError))
        self._failures = 0
        return Refreshed(self._current.take(synced), refused=False)

    def reload(self) -> bool:
        """After another process may have installed a list; whether the version is another than before."""
        return self._current.reload_if_changed()
