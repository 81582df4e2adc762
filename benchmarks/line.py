"""A slow line: a TCP proxy that passes so many bits a second each way, and counts what it passed."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

_PIECE = 1024


class Line:
    """Between a free port of this machine and another of its ports. Use it in a `with` statement."""

    def __init__(self, port: int, *, bits_per_second: float | None) -> None:
        """Without `bits_per_second` it only counts."""
        self._target = port
        self._rate = None if bits_per_second is None else bits_per_second / 8
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._sockets: list[socket.socket] = []
        self.port = int(self._server.getsockname()[1])
        self.passed = {"up": 0, "down": 0}

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._server, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                for source, sink, way in ((near, far, "up"), (far, near, "down")):
                    threading.Thread(target=self._carry, args=(source, sink, way), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE if self._rate else 64 * _PIECE):
                self._wait(len(piece), way)
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def _wait(self, count: int, way: str) -> None:
        """Until all connections together may have passed these bytes too."""
        with self._lock:
            now = time.monotonic()
            self.passed[way] += count
            if self._rate is None:
                return
            self._free_at[way] = max(self._free_at[way], now) + count / self._rate
            delay = self._free_at[way] - now
        time.sleep(delay)
