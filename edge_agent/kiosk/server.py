"""Serving the kiosk from a thread of the agent's process."""

import socket
import threading
from types import TracebackType
from typing import Self

import structlog
from fastapi import FastAPI
from uvicorn import Config, Server

from edge_agent.kiosk.fence import LOOPBACK
from faults import UnavailableError

logger = structlog.get_logger()


class PortTakenError(UnavailableError):
    """Another program listens where the kiosk should."""


class KioskServer:
    """Listens on loopback and on nothing else, until the block ends."""

    def __init__(self, app: FastAPI, port: int) -> None:
        """Raises PortTakenError."""
        config = Config(
            app,
            host=LOOPBACK,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._run, name="kiosk")
        self._port = port
        self._socket = _bind(port)

    def __enter__(self) -> Self:
        self._socket.listen(64)
        self._thread.start()
        logger.info("kiosk.ready", port=self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def living(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        self._server.run([self._socket])


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"Another program listens on {LOOPBACK}:{port}: end it, or set another `kiosk_port` in edge.toml."
        ) from error
    return listener
