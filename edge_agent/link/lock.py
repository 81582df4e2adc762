"""One agent per unit."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults import MisconfiguredError


class AgentRunningError(MisconfiguredError):
    """Another agent works on the same data folder."""


@contextmanager
def only_agent(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. The kernel releases it when the process ends, however it ends.

    Raises AgentRunningError.
    """
    with (folder / "agent.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AgentRunningError(
                f"`mca edge run` is already running with the data folder {folder}. Stop it first."
            ) from None
        yield


def agent_has_ended(folder: Path, seconds: float) -> bool:
    """Whether no agent works on the folder any more, after waiting at most so long for its end."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with only_agent(folder):
                return True
        except AgentRunningError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
