"""The outermost frame of the running hub: worker threads, of which none may end unnoticed."""

import threading
from collections.abc import Callable, Iterable

import structlog

from faults import MissingChildAlertError, UnavailableError

_log = structlog.get_logger()


class WorkerEndedError(UnavailableError):
    """A part of the hub has stopped working through an error of the program itself."""


class Supervisor:
    """Runs workers until one of them fails or somebody sets `stop`."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._failures: list[Exception] = []

    def start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run `work` in a thread. It has to return soon after `stop` is set, and not before."""
        # A daemon, so that a worker that hangs cannot keep a stopped process alive.
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        thread.start()
        return thread

    def raise_failure(self) -> None:
        """Raises what the first worker that failed has raised."""
        if self._failures:
            raise self._failures[0]

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
            if not self.stop.is_set():
                self._fail(name, WorkerEndedError("The hub's {name} ended by itself. Start the hub again.", name=name))
        except MissingChildAlertError as error:
            self._fail(name, error)
        except Exception as error:  # noqa: BLE001  The outermost frame: whatever it is, the hub must not go on without it.
            self._fail(
                name,
                WorkerEndedError(
                    "The hub's {name} failed: {name__}. Start it again.", name=name, name__=type(error).__name__
                ),
            )
            _log.error("hub.worker-failed", worker=name, exc_info=error)

    def _fail(self, name: str, error: Exception) -> None:
        # First of all: should even the log fail, the others still end.
        self._failures.append(error)
        self.stop.set()
        _log.critical("hub.stops", worker=name, reason=type(error).__name__)


def finish(threads: Iterable[threading.Thread], seconds: float) -> None:
    """Wait for workers to end, for at most this long each."""
    for thread in threads:
        thread.join(seconds)
        if thread.is_alive():
            _log.error("hub.worker-hangs", worker=thread.name)
