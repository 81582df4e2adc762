"""A real HTTPS server with mutual TLS and byte ranges, which can be told to misbehave like a bad link or a bad host."""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any, TypeVar
from urllib.parse import unquote

from tests.support.serving import Serving

T = TypeVar("T")


@dataclass
class Mischief:
    """What the server does wrong, by the end of a path. Empty: nothing."""

    cut_after: dict[str, list[int]] = field(default_factory=dict)  # body bytes before each next cut
    replaced: dict[str, bytes] = field(default_factory=dict)
    endless: set[str] = field(default_factory=set)  # a body without length and without end
    no_ranges: bool = False
    down: bool = False


class UnitsServer(Serving):
    """Serves `files`, a map from "/watchlist/…" to bytes, to clients that show a certificate of the authority.

    Without a context it speaks plain HTTP with anyone.
    """

    def __init__(self, context: ssl.SSLContext | None, port: int) -> None:
        self.files: dict[str, bytes] = {}
        self.mischief = Mischief()
        self.requests: list[tuple[str, str | None]] = []  # path and Range header
        server = _Server(("127.0.0.1", port), context, self)
        super().__init__(server)
        self.port = server.server_port

    def fetched(self, end: str) -> int:
        """How often a path with this end was asked for."""
        return sum(path.endswith(end) for path, _ in self.requests)


class _Server(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], context: ssl.SSLContext | None, owner: UnitsServer) -> None:
        super().__init__(address, _Handler)
        self.context = context
        self.owner = owner

    def finish_request(self, request: Any, client_address: Any) -> None:
        assert isinstance(request, socket)
        request.settimeout(10)
        if self.context is None:
            with suppress(OSError):  # A client that left.
                super().finish_request(request, client_address)
            return
        try:
            with self.context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:  # A client without a certificate, or one that left.
            return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        owner = self.server.owner
        path = unquote(self.path)
        asked = self.headers.get("Range")
        owner.requests.append((path, asked))
        body = _by_end(owner.mischief.replaced, path) or owner.files.get(path)
        if owner.mischief.down:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif any(path.endswith(end) for end in owner.mischief.endless):
            self._pour()
        elif body is None:
            self._answer(HTTPStatus.NOT_FOUND, b"")
        elif asked is None or owner.mischief.no_ranges:
            self._answer(HTTPStatus.OK, body)
        else:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self._answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
            else:
                part = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
                self._answer(HTTPStatus.PARTIAL_CONTENT, body[start:], part)

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        cuts = _by_end(self.server.owner.mischief.cut_after, unquote(self.path))
        if cuts:
            self.wfile.write(body[: cuts.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _pour(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(bytes(65536))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  The base class names it so.
        """Say nothing."""


def _by_end(table: dict[str, T], path: str) -> T | None:
    return next((value for end, value in table.items() if path.endswith(end)), None)
