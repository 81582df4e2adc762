"""A real mosquitto, started from a provisioned folder."""

import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from credentials.tls import client_context

_RANDOM = random.SystemRandom()


def free_port() -> int:
    """A loopback port that nobody listens on.

    Below the range from which the kernel picks, and at random, so that neither an outgoing connection nor
    another worker of the suite is likely to take it before it is used.
    """
    while True:
        port = _RANDOM.randrange(10_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_ports() -> tuple[int, int, int]:
    """Three different ones: a broker's, a console's and the units'."""
    while len(ports := {free_port(), free_port(), free_port()}) < 3:
        pass
    first, second, third = ports
    return first, second, third


def mosquitto_program() -> str:
    """The broker's program; Debian keeps it where a plain user's PATH may not look."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    assert program is not None, "mosquitto is not installed: run scripts/test, which installs it"
    return program


class Broker:
    """Mosquitto on the loopback port that `provisioned`/broker/mosquitto.conf names.

    `provisioned` is a folder of `mca provision init`, with `--broker-port` from `free_port()`. Use it in a
    `with` statement, or call `start` and `stop`. `user`, a number, starts it as that user instead of this one.
    """

    host = "127.0.0.1"

    def __init__(self, provisioned: Path, *, user: int | None = None) -> None:
        self._folder = provisioned / "broker"
        self._tls = provisioned / "hub" / "tls"
        self._log = provisioned / "broker.log"
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        listener = re.search(r"^listener (\d+)", (self._folder / "mosquitto.conf").read_text(), re.MULTILINE)
        assert listener is not None
        self.port = int(listener[1])

    def start(self) -> None:
        """Start it, and return when it completes a TLS handshake. Raises AssertionError with its log otherwise."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [mosquitto_program(), "-c", "mosquitto.conf"], cwd=self._folder, stderr=log, user=self._user
            )
        try:
            self._wait_until(self._answers, "did not answer")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Let it save its database and end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Let it read its configuration and access list again, and return when later packets are judged by them."""
        before = self.log().count("Reloading config.")
        self._signal(signal.SIGHUP)
        # Mosquitto writes this line in the turn of its one loop in which it reads the files: no packet comes between.
        self._wait_until(lambda: self.log().count("Reloading config.") > before, "did not reload")

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What it has written since it was first started."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        context = client_context(
            authority=self._tls / "ca.crt", certificate=self._tls / "hub.crt", key=self._tls / "hub.key"
        )
        try:
            with (
                socket.create_connection((self.host, self.port), timeout=1) as connection,
                context.wrap_socket(connection, server_hostname=self.host),
            ):
                return True
        except (OSError, ssl.SSLError):
            return False

    def _wait_until(self, condition: Callable[[], bool], failure: str, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self._process is not None
            assert self._process.poll() is None, f"mosquitto ended by itself:\n{self.log()}"
            assert time.monotonic() < deadline, f"mosquitto {failure} in {seconds} s:\n{self.log()}"
            time.sleep(0.01)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the broker was not started"
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._signal(number)
            self._process.wait(timeout=60)
            self._process = None
