"""A server of the standard library that accepts connections in a thread, for as long as a `with` statement lasts."""

import threading
from socketserver import BaseServer
from types import TracebackType
from typing import Self


class Serving:
    """What a simulated server is built upon. It listens from the start, and answers within the block."""

    def __init__(self, server: BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        self.over = threading.Event()
        """Set when the block ends: a handler that keeps somebody waiting is to let go."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
