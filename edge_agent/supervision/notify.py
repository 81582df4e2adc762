"""What systemd is told: ready, alive, stopping. The protocol is one datagram; see sd_notify(3)."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Where systemd listens; without an address every message goes nowhere."""

    address: str | None
    watchdog_seconds: float | None  # the longest silence that systemd bears; None: it does not watch

    def ready(self) -> None:
        """The start is over."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`; nothing personal."""
        self._tell(f"STATUS={text}")

    def _tell(self, message: str) -> None:
        if self.address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            # A manager that does not listen now misses a message; the watchdog's next one follows.
            sender.setblocking(False)
            try:
                sender.sendto(message.encode(), self.address)
            except OSError:
                return


def service_manager(environment: Mapping[str, str], process: int) -> ServiceManager:
    """As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say."""
    address = environment.get("NOTIFY_SOCKET")
    microseconds = environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", str(process)) == str(process)
    return ServiceManager(
        # An abstract address is written with @ for its first byte, which is zero.
        address=None if not address else address.replace("@", "\0", 1) if address.startswith("@") else address,
        watchdog_seconds=int(microseconds) / 1_000_000 if meant and microseconds.isdecimal() else None,
    )
