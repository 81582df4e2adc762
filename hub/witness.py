"""Signed heads of the audit trail, made while the hub runs and handed to whoever keeps them outside.

Who administers this machine can rewrite everything on it, the trail's own heads among it. A head that somebody else
keeps is what such a change is found by (docs/adr/0044-audit-tree.md).
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from credentials.private_files import DiskError
from faults import UnavailableError
from hub.audit.service import AuditLog, TrailBrokenError
from hub.clock import HOUR, Clock
from hub.dispatch.service import AttemptResult, Witness
from protocol.ids import HubId

_INTERVAL_SECONDS: Final = 60.0
_MAIL_INTERVAL: Final = HOUR

_log = structlog.get_logger()


class HeadKeeper:
    """Signs a head a minute while there is something new; adds it to a file at once, and mails the newest each hour."""

    def __init__(
        self, audit: AuditLog, *, hub: HubId, witness_file: Path | None, witnesses: Sequence[Witness], clock: Clock
    ) -> None:
        """`witness_file`: best on another machine, or append-only. `witnesses`: who get mails and other messages."""
        self._audit = audit
        self._hub = hub
        self._file = witness_file
        self._witnesses = witnesses
        self._clock = clock
        self._filed = ""
        self._sent: dict[str, tuple[str, int]] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self.work()
            stop.wait(_INTERVAL_SECONDS)

    def work(self) -> None:
        """Sign, keep and send what is due."""
        note = self.sign()
        if note is not None:
            for witness in self._witnesses:
                self._send(note, witness)

    def sign(self) -> str | None:
        """Sign a head now and add it to the file; None where the trail cannot be signed, which the log says."""
        try:
            note = self._audit.sign_head()
        except TrailBrokenError as error:
            # Children are looked for all the same. /metrics and the log go on saying so until it is seen to.
            _log.critical("audit.trail-broken", reason=str(error))
            return None
        except UnavailableError as error:
            _log.warning("audit.head-waits", reason=str(error))
            return None
        self._keep(note)
        return note

    def _keep(self, note: str) -> None:
        if self._file is None or note == self._filed:
            return
        try:
            append_head(self._file, note)
            self._filed = note
        except UnavailableError as error:
            _log.warning("audit.head-not-kept", reason=str(error))

    def _send(self, note: str, witness: Witness) -> None:
        now = self._clock()
        sent, at = self._sent.get(witness.key, ("", -_MAIL_INTERVAL))
        if note == sent or now - at < _MAIL_INTERVAL:
            return
        if witness.send(f"Audit trail of the hub {self._hub}", _text(note)) is AttemptResult.SENT:
            self._sent[witness.key] = note, now
        else:
            _log.warning("audit.head-not-sent", witness=witness.key)


def append_head(path: Path, note: str) -> None:
    """Add a head to a file of heads, synced to disk. Raises DiskError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "ab") as file:
            file.write(f"{note}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskError(f"The signed head could not be written to {path}: {error.strerror}.") from error


def _text(note: str) -> str:
    return (
        "Keep this message. It shows whether anyone rewrites the hub's account of what was done before this moment.\n\n"
        f"{note}\n"
        "To check it, save it as a file at the hub and run: mca hub audit verify --since FILE"
    )
