"""A small OpenID provider over TLS on loopback. It is careful itself; tests make it, or who stands in for it, lie."""

import base64
import hashlib
import html
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import trustme
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.access.service import ANSWER_PATH, ProviderSettings
from tests.support.desk import SetClock

CLIENT, SECRET = "mca-hub", "only-these-two-know"
Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """A code that was given out, and for what."""

    query: Mapping[str, str]
    subject: str


class Provider:
    """Serves until the block ends. Who signs in there is whom `approve` is told."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        authority = trustme.CA()
        self.authority = folder / "provider-ca.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.handle(self, b"")

            def do_POST(self) -> None:
                provider.handle(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """Quiet: clients that do not believe the certificate hang up."""

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        # Another site than the console's 127.0.0.1, for a browser.
        self.issuer = f"https://localhost:{self._server.server_address[1]}"
        self.clock = clock
        self.key = self.new_key()
        self.published = [self.key]
        self.subject = "s-1"
        self.extra: Claims = {}
        self.description: Claims = {}
        self.sign: Callable[[Claims], str] = self.signed
        self.broken = False
        self._codes: dict[str, Grant] = {}

    def settings(self, console: str, **more: Any) -> ProviderSettings:
        """What a hub is told of it."""
        told = {"authority": self.authority, **more}
        return ProviderSettings(self.issuer, CLIENT, SECRET, f"{console}{ANSWER_PATH}", "Police ID", **told)

    def new_key(self) -> RSAKey:
        """One with an identifier of its own."""
        return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "alg": "RS256", "use": "sig"})

    def rotate(self) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.key = self.new_key()
        self.published = [self.key]

    def approve(self, address: str, subject: str = "s-1") -> str:
        """Somebody signs in there and lets the hub know it: the address that their browser is sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = Grant(query, subject)
        answer = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        return f"{query['redirect_uri']}?{answer}"

    def claims(self, grant: Grant) -> Claims:
        """What the ID token says."""
        now = self.clock() // 1000
        said = {
            "iss": self.issuer,
            "sub": grant.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": grant.query["nonce"],
        }
        return {**said, **self.extra}

    def signed(self, claims: Claims) -> str:
        """As it should be."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """One request."""
        path = urlsplit(request.path).path
        if self.broken:
            self._answer(request, 500, {"error": "server_error"})
        elif path == "/.well-known/openid-configuration":
            self._answer(request, 200, {**self._described(), **self.description})
        elif path == "/keys":
            self._answer(request, 200, {"keys": [key.as_dict(private=False) for key in self.published]})
        elif path == "/token":
            self._answer(request, *self._redeem(request.headers.get("Authorization", ""), body.decode()))
        elif path == "/authorize" and request.command == "POST":
            request.send_response(302)
            request.send_header("Location", self.approve(request.path, self.subject))
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            self._ask(request)

    def _described(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _redeem(self, authorization: str, body: str) -> tuple[int, Claims]:
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if base64.b64decode(authorization.removeprefix("Basic ")) != f"{CLIENT}:{SECRET}".encode():
            return 401, {"error": "invalid_client"}
        grant = self._codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or grant.query["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        if given["redirect_uri"] != grant.query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        token = self.sign(self.claims(grant))
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}

    def _ask(self, request: BaseHTTPRequestHandler) -> None:
        page = (
            '<!doctype html><html lang="en"><title>Police ID</title><form method="post" action="'
            f'{html.escape(request.path)}"><button>I am {self.subject}</button></form></html>'
        )
        self._send(request, 200, "text/html; charset=utf-8", page.encode())

    def _answer(self, request: BaseHTTPRequestHandler, status: int, content: Claims) -> None:
        self._send(request, status, "application/json", json.dumps(content).encode())

    def _send(self, request: BaseHTTPRequestHandler, status: int, kind: str, content: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nobody answers at its address any more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
