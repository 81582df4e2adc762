"""What is refused before any page is asked: other names for this machine, and pages of other places.

A page from elsewhere in this machine's browser could otherwise have its own name resolve to the loopback address
(DNS rebinding), or send forms here.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = "127.0.0.1"
_SAFE: Final = frozenset({"GET", "HEAD"})
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not "no-referrer": by that, browsers would not say either from where a form comes.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Fence:
    """Lets only requests of this screen's own pages through, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._host = f"{LOOPBACK}:{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_headers(message["headers"])
            await send(message)

        app = self._app if self._admits(scope["method"], Headers(scope=scope)) else PlainTextResponse("Refused.", 403)
        await app(scope, receive, send_with_headers)

    def _admits(self, method: str, headers: Headers) -> bool:
        if headers.getlist("host") != [self._host]:
            return False
        # Of a page elsewhere the browser says so itself; programs that say nothing have no cookie to send either.
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return False
        return method in _SAFE or headers.get("origin") == f"http://{self._host}"


def _with_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    return [*headers, *(one for one in added if one[0] not in there)]
