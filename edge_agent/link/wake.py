"""A tap on the agent's shoulder from another process of the same unit, so that it need not poll.

A Unix datagram socket in the data folder. A tap that is lost costs a wait until the agent's next timer,
never a message: what there is to do is on disk before the tap.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_NAME = "agent.sock"


class WakeListener:
    """Calls back for every tap, from its own thread."""

    def __init__(self, folder: Path, on_wake: Callable[[], None]) -> None:
        """Bind the socket in `folder`. The caller holds the agent's lock, so a file that is there is a dead one."""
        self._on_wake = on_wake
        (folder / _NAME).unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _short(folder) as address:
            self._socket.bind(address)
        self._thread = threading.Thread(target=self._listen, name="wake", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        # An empty datagram is what a shut-down socket gives; taps have one byte.
        while self._socket.recv(16):
            self._on_wake()


def wake_agent(folder: Path) -> None:
    """Tap the agent that runs on `folder`, if one does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, _short(folder) as address:
        sender.setblocking(False)
        # No agent, or one that has taps enough.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            sender.sendto(b"\1", address)


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """An address of at most 107 bytes, which is all that the kernel takes, however long the folder's path is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{_NAME}"
    finally:
        os.close(descriptor)
