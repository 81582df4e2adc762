"""The programs of a campaign: each `mca …` is a process of its own, which can be killed, and watched by its log."""

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import TypeVar

from tests.chaos.clock import Clock, build_clock, compiler
from tests.chaos.entry import PRELOADED, Launch, enter
from tests.chaos.gate import Call, Gate

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds after which something that should happen has failed to: long, for a machine that has much else to do."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25

_contexts = multiprocessing.get_context("forkserver")
# Starting a process collects the exit codes of all others, and two threads that read one code spoil it.
_processes = threading.Lock()


class ChaosError(Exception):
    """The campaign itself cannot go on, or what it waited for did not happen."""


def wait_until(what: str, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """What `look` answers as soon as it is neither None nor false. Raises ChaosError when that takes too long."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise ChaosError(f"Waited {seconds:.0f} s in vain for {what}.")
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE)
    return seen


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a program runs: its settings, the folder of its logs, and its clock, where clocks can be set wrong."""

    environment: dict[str, str]
    logs: Path
    clock: Clock | None


@contextmanager
def program_server(folder: Path) -> Iterator[bool]:
    """Have programs forked from a server that has their libraries loaded; whether their clocks can be set wrong.

    `folder` is where the clock is built.
    """
    changed = {"OPENBLAS_NUM_THREADS": "1"}
    if compiler() is not None:
        changed["LD_PRELOAD"] = str(build_clock(folder))
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    _contexts.set_forkserver_preload(list(PRELOADED))
    try:
        # The server starts with the first process, and has its environment from then on.
        first = _contexts.Process(target=sys.exit)
        first.start()
        first.join()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    yield compiler() is not None


class Program:
    """One `mca …` from its start to its end."""

    def __init__(self, name: str, arguments: list[str], around: Surroundings) -> None:
        """`name` is that of its log, which programs of one name write one after the other."""
        self.name = name
        self._arguments = arguments
        self._around = around
        self._log = around.logs / f"{name}.log"
        self._output = around.logs / f"{name}.out"
        self._start_of_log = self._size(self._log)
        self._start_of_output = self._size(self._output)
        self.gate: Gate | None = None

    def start(self, stop_at: Callable[[Call], bool] | None = None) -> "Program":
        """Begin; with `stop_at`, killed before the first step of which that is true."""
        clock = None if self._around.clock is None else self._around.clock.path
        ours, theirs = _contexts.Pipe() if stop_at is not None else (None, None)
        launch = Launch(self._arguments, self._around.environment, self._output, self._log, clock, theirs)
        self._process = _contexts.Process(target=enter, args=(launch,))
        with _processes:
            self._process.start()
        if ours is not None and theirs is not None and stop_at is not None:
            theirs.close()
            with ours:
                self.gate = Gate(recv_handle(ours), self._process.kill, stop_at)
        return self

    @property
    def pid(self) -> int:
        """Of the running process."""
        return self._process.pid or 0

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not connection.wait([self._process.sentinel], timeout=0)

    def wait_for(self, event: str) -> None:
        """Return when it has logged this event. Raises ChaosError when it ends before, or does not in time."""

        def logged() -> bool:
            running = self.is_running
            if event in self.events():
                return True
            if not running:
                raise ChaosError(f"{self.name} ended before it logged {event}: {self.last_words()}")
            return False

        wait_until(f"{event} of {self.name}", logged)

    def events(self) -> list[str]:
        """What it has logged so far, in order."""
        return [_event(line) for line in self._text(self._log, self._start_of_log).splitlines()]

    def output(self) -> str:
        """What it has printed so far."""
        return self._text(self._output, self._start_of_output)

    def last_words(self) -> str:
        """The end of its log."""
        return self._text(self._log, self._start_of_log)[-2000:]

    @property
    def was_stopped(self) -> bool:
        """Whether it was killed before the step that it was not to make."""
        return self.gate is not None and self.gate.stopped.is_set()

    def wait_until_stopped(self, seconds: float) -> None:
        """Return when it was killed before the step that it was not to make, or when that takes too long."""
        if self.gate is not None:
            self.gate.stopped.wait(seconds)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Its exit code once it has ended, negative for a signal. Raises ChaosError when it does not end."""
        if not connection.wait([self._process.sentinel], timeout=PATIENCE):
            self._process.kill()
            raise ChaosError(f"{self.name} did not end: {self.last_words()}")
        if self.gate is not None:
            self.gate.join()
        with _processes:
            return int(self._process.exitcode or 0)

    @staticmethod
    def _size(path: Path) -> int:
        return path.stat().st_size if path.exists() else 0

    @staticmethod
    def _text(path: Path, start: int) -> str:
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")


def _event(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return str(entry.get("event", "")) if isinstance(entry, dict) else ""
