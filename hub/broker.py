"""The broker on the hub's own machine: mosquitto with the configuration that provisioning wrote, watched over."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, cast

import structlog

from faults import MisconfiguredError

_GUARD: Final = Path(__file__).with_name("broker_guard.py")
_SYSTEM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin"  # Where Debian keeps it; a plain user's PATH lacks them.
_STEADY_SECONDS: Final = 10.0
_MAX_QUICK_ENDS: Final = 4
_FIRST_DELAY: Final = 0.25

_log = structlog.get_logger()


class BrokerMissingError(MisconfiguredError):
    """Mosquitto or its configuration is not on this machine."""


class BrokerFailedError(MisconfiguredError):
    """Mosquitto ends again and again as soon as it is started."""


class EmbeddedBroker:
    """Starts mosquitto, starts it again when it ends, and ends it with the hub."""

    def __init__(self, configuration: Path) -> None:
        """`configuration`: mosquitto.conf; paths in it are relative to its folder. Raises BrokerMissingError."""
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_FOLDERS}")
        if program is None:
            raise BrokerMissingError(
                "mosquitto is not installed. Run: apt install mosquitto - or use another broker with --broker external."
            )
        if not configuration.is_file():
            raise BrokerMissingError(f"The broker's settings {configuration} are missing. Run `mca provision init`.")
        self._folder = configuration.parent
        self._command = [sys.executable, "-I", str(_GUARD), program, "-c", configuration.name]
        self._closed = threading.Event()
        self._restarting = threading.Event()
        self._lock = threading.Lock()
        self._lifeline: IO[bytes] | None = None

    def run(self) -> None:
        """Keep the broker running until `close`. Raises BrokerFailedError when it cannot be."""
        quick_ends = 0
        while not self._closed.is_set():
            started = time.monotonic()
            last_words = self._run_once()
            if self._closed.is_set():
                return
            if self._restarting.is_set():
                self._restarting.clear()
                continue
            quick_ends = quick_ends + 1 if time.monotonic() - started < _STEADY_SECONDS else 1
            if quick_ends >= _MAX_QUICK_ENDS:
                raise BrokerFailedError(f"The broker does not stay up. It says: {last_words}")
            _log.error("broker.ended", starts_again=True)
            self._closed.wait(_FIRST_DELAY * 2**quick_ends)

    def reload(self) -> None:
        """Let the broker read its list of units again."""
        with self._lock:
            if self._lifeline is not None:
                self._tell(self._lifeline)

    def restart(self) -> None:
        """End every connection: a reload refuses what a unit does from now on, and leaves it connected."""
        with self._lock:
            if self._lifeline is not None:
                self._restarting.set()
                self._cut(self._lifeline)

    def close(self) -> None:
        """End the broker; `run` returns when it has saved what it keeps."""
        self._closed.set()
        with self._lock:
            if self._lifeline is not None:
                self._cut(self._lifeline)

    def _run_once(self) -> str:
        # A session of its own, so that Ctrl-C in a terminal reaches the hub alone, which ends the broker last.
        with subprocess.Popen(  # noqa: S603  Nothing of the command comes from outside this program and its settings.
            self._command,
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        ) as guard:
            lifeline, output = cast("IO[bytes]", guard.stdin), cast("IO[bytes]", guard.stdout)
            with self._lock:
                self._lifeline = lifeline
                if self._closed.is_set():
                    self._cut(lifeline)
            last_words: deque[str] = deque(maxlen=3)
            for line in output:
                last_words.append(line.decode(errors="replace").strip())
                _log.debug("broker.says", line=last_words[-1])
            with self._lock:
                self._lifeline = None
        return " / ".join(last_words)

    @staticmethod
    def _tell(lifeline: IO[bytes]) -> None:
        with suppress(BrokenPipeError):  # It has just ended; what is started next reads the new list.
            lifeline.write(b"\n")

    @staticmethod
    def _cut(lifeline: IO[bytes]) -> None:
        with suppress(BrokenPipeError):
            lifeline.close()
