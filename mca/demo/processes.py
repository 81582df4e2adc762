"""The demonstration's programs as real processes: `mca …` started, watched by their log events, and ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults import UnavailableError

_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0


class DemoError(UnavailableError):
    """A step of the demonstration did not do what it should; the message says which."""


def run_mca(arguments: list[str], *, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, with what it printed."""
    return subprocess.run(  # noqa: S603  Our own interpreter and our own command.
        [sys.executable, "-m", "mca", *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def require_mca(arguments: list[str], *, environment: dict[str, str]) -> str:
    """The same for a command that must succeed: its standard output. Raises DemoError."""
    done = run_mca(arguments, environment=environment)
    if done.returncode != 0:
        raise DemoError(f"`mca {' '.join(arguments[:3])} …` failed: {last_line(done.stderr)}")
    return done.stdout


def last_line(text: str) -> str:
    """The sentence that a failed command ended with."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("mca: ") if lines else "it said nothing"


class Program:
    """A running `mca …` whose log goes to a file; its events can be waited for."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str], log: Path) -> None:
        self._name = " ".join(arguments)
        self._log = log
        self._events: set[str] = set()
        self._changed = threading.Condition()
        self._process = subprocess.Popen(  # noqa: S603  Our own interpreter and our own command.
            [sys.executable, "-m", "mca", *arguments],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        stream = self._process.stderr
        if stream is None:
            return
        with stream, self._log.open("w") as log:
            for line in stream:
                log.write(line)
                log.flush()
                with self._changed:
                    self._events.add(_event(line))
                    self._changed.notify_all()
        with self._changed:
            self._events.add("")
            self._changed.notify_all()

    def wait_for(self, event: str) -> None:
        """Return when the program has logged `event`. Raises DemoError when it ends or takes too long."""
        with self._changed:
            self._changed.wait_for(lambda: event in self._events or "" in self._events, timeout=_READY_SECONDS)
            if event not in self._events:
                said = last_line(self._log.read_text()) if self._log.exists() else "it said nothing"
                raise DemoError(f"`mca {self._name}` did not get ready: {said}")

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(_STOP_SECONDS)


@contextmanager
def program(arguments: list[str], *, environment: dict[str, str], log: Path, ready: str) -> Iterator[Program]:
    """A program that has logged `ready`, and is ended however the block ends."""
    running = Program(arguments, environment=environment, log=log)
    try:
        running.wait_for(ready)
        yield running
    finally:
        running.stop()


def _event(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return "-"
    return str(entry.get("event", "-")) if isinstance(entry, dict) else "-"
