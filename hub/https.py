"""A HTTPS server in a thread of its own."""

import socket
import ssl
import threading
from typing import Final

from starlette.types import ASGIApp
from uvicorn import Config, Server

from faults import MisconfiguredError

_BACKLOG: Final = 256
_GRACE_SECONDS: Final = 2  # For answers under way; a browser's idle connection takes all of it.


class ListenError(MisconfiguredError):
    """The address that a server is to listen on cannot be had."""


class HttpsServer:
    """Serves one application. The port is taken when this is made, so that a mistake shows before anything runs."""

    def __init__(self, app: ASGIApp, host: str, port: int, context: ssl.SSLContext) -> None:
        """Raises ListenError."""
        self._socket = _listen(host, port)
        self._server = Server(
            Config(
                app,
                log_config=None,
                access_log=False,  # Paths name reviews.
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=_GRACE_SECONDS,
                ssl_context_factory=lambda _config, _default: context,
            )
        )

    @property
    def port(self) -> int:
        """The port that was taken; of interest where 0 was asked for."""
        return int(self._socket.getsockname()[1])

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set; requests that have begun may finish."""
        threading.Thread(target=self._end_with, args=(stop,), daemon=True).start()
        self._server.run(sockets=[self._socket])

    def _end_with(self, stop: threading.Event) -> None:
        stop.wait()
        self._server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(
            f"Nobody can listen on {host}:{port}: {error.strerror}. Change the port, or end what uses it."
        ) from error
    return listener
