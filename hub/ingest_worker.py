"""`mca hub ingest`: a process that takes in messages beside the hub's own, and does nothing else."""

import signal
import threading
from pathlib import Path
from typing import Final

import structlog

from faults import MisconfiguredError
from hub.bootstrap import Services, build_ingest
from hub.broker_link import build_link
from hub.signals import queued_signals
from hub.supervisor import Supervisor, finish
from hub.workers import take_in

_FINISH_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.25

_log = structlog.get_logger()


class WorkerCertificateError(MisconfiguredError):
    """The hub's folder holds no certificate of a worker with this number."""


class IngestWorker:
    """Shares the hub's subscription: the broker gives each message to one of those who share it."""

    def __init__(self, services: Services, number: int) -> None:
        """`number`: which of the certificates tls/worker-N it uses; one process each.

        Raises WorkerCertificateError or PrivateFileError.
        """
        _require_certificate(services.settings.tls / f"worker-{number}.crt")
        self._services = services
        self._link = build_link(services.settings, services.vault, number)
        self._ingest = build_ingest(services, self._link.send)
        self._supervisor = Supervisor()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. In the main thread. Raises what made it fail."""
        stop = self._supervisor.stop
        with queued_signals((signal.SIGTERM, signal.SIGINT)) as signals:
            self._link.start()
            worker = self._supervisor.start("intake of messages", lambda: take_in(self._link, self._ingest, stop))
            ready = threading.Event()
            while not stop.is_set():
                if not ready.is_set() and self._link.wait_until_ready(0):
                    ready.set()
                    _log.info("worker.ready")
                if signals.wait(_LOOK_SECONDS):
                    stop.set()
            finish([worker], _FINISH_SECONDS)
            self._link.stop()
        self._services.database.close()
        self._supervisor.raise_failure()
        _log.info("worker.stopped")


def _require_certificate(path: Path) -> None:
    if not path.exists():
        raise WorkerCertificateError(
            f"There is no certificate {path}. Workers have the numbers 1 to 4. If the hub was provisioned before it "
            "could have workers, run mca provision renew DIR --hub, where DIR is the authority's folder, and copy "
            "what it names."
        )
