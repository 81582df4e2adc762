"""The repository over HTTPS, for units: GET /watchlist/metadata/… and /watchlist/targets/…, with byte ranges.

The listener lets in only who shows a certificate of the hub's authority. What is served is encrypted to the
units that may read it and signed, so that nothing depends on the listener's secrecy.
"""

import gzip
import re
from collections.abc import Iterator
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from hub.watchlist.service import WatchlistService

_CHUNK: Final = 1024 * 1024
_LONGEST_COMPRESSED: Final = 4 * 1024 * 1024
_RANGE: Final = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")


def build_units_app(watchlist: WatchlistService) -> Starlette:
    """The ASGI application for units."""

    # A plain function: Starlette runs it in a thread, and the database may block.
    def serve(request: Request) -> Response:
        # A name is looked up in a table of published files and never becomes a path on this machine.
        path = request.path_params["path"]
        size = watchlist.size(path)
        if size is None:
            return PlainTextResponse("There is no such file in the watchlist.", status_code=404)
        wanted = request.headers.get("range")
        if wanted is None and size <= _LONGEST_COMPRESSED and _may_be_compressed(request, path):
            return _compressed(watchlist.read(path, 0, size) or b"", _headers(path))
        if wanted is None:
            return _part(watchlist, path, range(size), _headers(path))
        part = _parse_range(wanted, size)
        if part is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        between = f"bytes {part.start}-{part.stop - 1}/{size}"
        return _part(watchlist, path, part, _headers(path) | {"Content-Range": between}, status=206)

    return Starlette(routes=[Route("/watchlist/{path:path}", serve, methods=["GET"])])


def _may_be_compressed(request: Request, path: str) -> bool:
    # Metadata is text of which half can be saved; targets are encrypted.
    return path.startswith("metadata/") and "gzip" in request.headers.get("accept-encoding", "")


def _compressed(content: bytes, headers: dict[str, str]) -> Response:
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(gzip.compress(content, mtime=0), headers=headers, media_type="application/octet-stream")


def _parse_range(header: str, size: int) -> range | None:
    """The one range `bytes=first-[last]` that units ask for to go on with a download; None for any other."""
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    return range(first, last + 1) if first <= last else None


def _headers(path: str) -> dict[str, str]:
    # Every name but the timestamp's carries a version or a digest, so that its content never changes.
    lasting = "no-store" if path == "metadata/timestamp.json" else "private, max-age=86400, immutable"
    return {"Accept-Ranges": "bytes", "Cache-Control": lasting, "X-Content-Type-Options": "nosniff"}


def _part(
    watchlist: WatchlistService, path: str, part: range, headers: dict[str, str], status: int = 200
) -> StreamingResponse:
    headers |= {"Content-Length": str(len(part))}
    chunks = _chunks(watchlist, path, part)
    return StreamingResponse(chunks, status, headers, media_type="application/octet-stream")


def _chunks(watchlist: WatchlistService, path: str, part: range) -> Iterator[bytes]:
    # Each chunk is its own short read: a slow unit must not hold back the database's checkpoints. A file that
    # is deleted meanwhile ends the response early, which the unit notices by its length.
    for start in range(part.start, part.stop, _CHUNK):
        chunk = watchlist.read(path, start, min(_CHUNK, part.stop - start))
        if chunk is None:
            return
        yield chunk
