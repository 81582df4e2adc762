"""Signals as something to wait for. No code of ours runs inside a signal handler, where a lock could be held."""

import select
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class SignalQueue:
    """The signals that came, in order."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver

    def wait(self, seconds: float) -> list[signal.Signals]:
        """The signals that have come, or none after this time."""
        ready, _, _ = select.select([self._receiver], [], [], seconds)
        return [signal.Signals(number) for number in self._receiver.recv(64)] if ready else []


@contextmanager
def queued_signals(numbers: Iterable[signal.Signals]) -> Iterator[SignalQueue]:
    """Queue these signals instead of what they would do. Only in the main thread."""
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    kept = {number: signal.signal(number, _ignore) for number in numbers}
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    try:
        yield SignalQueue(receiver)
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in kept.items():
            signal.signal(number, handler)
        receiver.close()
        sender.close()


def _ignore(_number: int, _frame: object) -> None:
    """The number has been written to the socket by then."""
