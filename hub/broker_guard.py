"""Runs the broker for as long as its own standard input stays open, and no longer.

A program of its own, so that the broker ends with the hub even when the hub is killed outright: the kernel
then closes the pipe. (The kernel's own signal at a parent's death does not survive the broker's change of
user.) A byte on standard input asks the broker to read its configuration again.
"""

import os
import signal
import subprocess
import sys
import threading

_PATIENCE_SECONDS = 10


def main(command: list[str]) -> int:
    """Run `command`; returns its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as broker:  # noqa: S603  The hub's own command.
        threading.Thread(target=_follow, args=(broker,), daemon=True).start()
        return broker.wait()


def _follow(broker: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1):
        broker.send_signal(signal.SIGHUP)
    broker.terminate()
    try:
        broker.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        broker.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
