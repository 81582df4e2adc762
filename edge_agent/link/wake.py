"""A tap on the agent's shoulder from another process of the same unit, so that it need not poll.

A Unix datagram socket in the data folder. A tap that is lost costs a wait until the agent's next timer,
never a message: what there is to do is on disk before the tap.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

_NAME = "agent.sock"


class Tap(Enum):
    """What a tap says, as its one byte."""

    WORK = b"\1"  # there is something in the outbox, or another list
    CAPTURE_BEGAN = b"\2"  # a camera is open: the unit's light says so
    CAPTURE_ENDED = b"\3"


_TAPS = frozenset(tap.value for tap in Tap)


class WakeListener:
    """Calls back for every tap, from its own thread."""

    def __init__(self, folder: Path, on_wake: Callable[[Tap], None], name: str = _NAME) -> None:
        """Bind the socket `name` in `folder`. The caller is the only one who listens there (the agent holds its lock),
        so a file that is there is a dead one.
        """
        self._on_wake = on_wake
        (folder / name).unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _short(folder, name) as address:
            self._socket.bind(address)
        self._thread = threading.Thread(target=self._listen, name="wake", daemon=True)
        self._thread.start()

    @property
    def living(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        # An empty datagram is what a shut-down socket gives; taps have one byte.
        while told := self._socket.recv(16):
            if told in _TAPS:
                self._on_wake(Tap(told))


def wake_agent(folder: Path, tap: Tap = Tap.WORK, name: str = _NAME) -> None:
    """Tap the agent that runs on `folder`, if one does; or who listens there under another name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, _short(folder, name) as address:
        sender.setblocking(False)
        # No agent, or one that has taps enough.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            sender.sendto(tap.value, address)


@contextlib.contextmanager
def _short(folder: Path, name: str) -> Iterator[str]:
    """An address of at most 107 bytes, which is all that the kernel takes, however long the folder's path is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
