"""Synchronisations beside the agent's thread: a slow download must not hold a sighting up."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from edge_agent.link.events import SyncEnded
from edge_agent.watchlist.sync import Synced


class SyncWorker:
    """Runs one synchronisation at a time."""

    def __init__(self, sync: Callable[[], Synced], report: Callable[[SyncEnded], None]) -> None:
        """`report` is called from the worker's thread."""
        self._sync = sync
        self._report = report
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether one runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin one; its end is reported. The caller has waited for the end of the one before."""
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the one that runs, but no longer. What it has fetched is kept either way."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        outcome: Future[Synced] = Future()
        try:
            outcome.set_result(self._sync())
        except BaseException as error:  # noqa: BLE001  A future carries every error to the thread that asks for its result.
            outcome.set_exception(error)
        self._report(SyncEnded(outcome))
