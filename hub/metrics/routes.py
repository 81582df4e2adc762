"""GET /metrics on a listener of its own, which is there only where the settings ask for it."""

import hmac
import ipaddress
from collections.abc import Callable, Iterable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from credentials.private_files import PrivateFileError, read_private
from credentials.tls import server_context
from faults import UnavailableError
from hub.config import HubSettings, SettingsError
from hub.https import HttpsServer
from hub.metrics.model import CONTENT_TYPE, Metric, exposition

_SHORTEST_TOKEN: Final = 16


def build_metrics_server(settings: HubSettings, collect: Callable[[], Iterable[Metric]]) -> HttpsServer | None:
    """The listener, under the console's certificate; None unless `metrics_port` is set.

    Raises SettingsError where others than this machine could read without a token; ListenError or PrivateFileError.
    """
    if settings.metrics_port is None:
        return None
    token = None if settings.metrics_token_file is None else read_private(settings.metrics_token_file).strip()
    if token is None and not _is_loopback(settings.metrics_host):
        raise SettingsError(
            f"metrics_host is {settings.metrics_host}, which others can reach. Name a metrics_token_file, or use"
            " 127.0.0.1."
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise PrivateFileError(f"The token for metrics must have at least {_SHORTEST_TOKEN} characters.")
    context = server_context(certificate=settings.tls / "console.crt", key=settings.tls / "console.key")
    return HttpsServer(build_metrics_app(collect, token), settings.metrics_host, settings.metrics_port, context)


def build_metrics_app(collect: Callable[[], Iterable[Metric]], token: bytes | None) -> Starlette:
    """The ASGI application; with `token`, only for requests that carry it as a bearer."""

    # A plain function: Starlette runs it in a thread, and the database may block.
    def serve(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if token is not None and not hmac.compare_digest(given, b"Bearer " + token):
            return PlainTextResponse("A token is needed.", 401, {"WWW-Authenticate": "Bearer"})
        try:
            return Response(exposition(collect()), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
        except UnavailableError:
            return PlainTextResponse("The database or the disk does not answer.", 503)

    return Starlette(routes=[Route("/metrics", serve, methods=["GET"])])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
