"""Downloads for python-tuf: HTTPS with the unit's certificate, resumed where a cut left off.

What arrives here is not trusted: TUF checks every byte. This module sees to it that nothing is fetched
without end, and that a bad link makes progress: what arrived before a cut, a kill or a power failure is
kept in the partial folder and only the rest is asked for.
"""

import hashlib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import IO

import urllib3
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    SlowRetrievalError,
)
from tuf.ngclient.fetcher import FetcherInterface

_CHUNK = 64 * 1024
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 30.0
# Cuts in a row that brought nothing new; after them the next synchronisation goes on.
_FRUITLESS = 3
# A server that trickles is left: what arrived is kept, so a slow honest link loses nothing by it.
_GRACE_SECONDS, _BYTES_PER_SECOND = 120.0, 1000
# A name that stays while its content changes; every other of a consistent snapshot has a version or a hash.
_MUTABLE = "/timestamp.json"
_METADATA = "/metadata/"


class Pace:
    """So many bytes a second and no more."""

    def __init__(self, bytes_per_second: int, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """`sleep` waits so many seconds."""
        self.piece = min(_CHUNK, bytes_per_second // 4)
        self._rate = bytes_per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = monotonic()

    def wait(self, count: int) -> None:
        """After `count` bytes: until the line would have carried them at this pace."""
        now = self._monotonic()
        self._free_at = max(self._free_at, now - 1) + count / self._rate
        if self._free_at > now:
            self._sleep(self._free_at - now)


class ResumingFetcher(FetcherInterface):
    """Fetches over one pool of connections."""

    def __init__(
        self,
        context: ssl.SSLContext,
        partial: Path,
        *,
        stopping: Callable[[], bool],
        bytes_per_second: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        plain_http: bool = False,
    ) -> None:
        """`partial`: a folder for unfinished downloads. A download ends with DownloadError once `stopping()`.

        `bytes_per_second`: what a download leaves the rest of the line to, so that sightings need not wait behind it.

        `plain_http`: for tests against a server on this machine; else nothing but https:// is fetched.
        """
        self._pool = urllib3.PoolManager(
            ssl_context=context,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        )
        self._pace = None if bytes_per_second is None else Pace(bytes_per_second, monotonic, sleep)
        self._partial = partial
        self._stopping = stopping
        self._monotonic = monotonic
        self._schemes = ("https://", "http://") if plain_http else ("https://",)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """A file of at most `max_length` bytes, open for reading.

        It is gone from the partial folder once the caller is done with it, whether TUF took it or not:
        a partial file that TUF refused would otherwise be refused for ever.
        """
        path = self._partial / hashlib.sha256(url.encode()).hexdigest()
        if url.endswith(_MUTABLE):
            path.unlink(missing_ok=True)
        with path.open("a+b") as file:
            try:
                self._complete(file, url, max_length)
            except DownloadLengthMismatchError:
                path.unlink(missing_ok=True)
                raise
            except DownloadHTTPError as error:
                # Not found, or not resumable here. A server that is down for a while is no reason to begin anew.
                if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    path.unlink(missing_ok=True)
                raise
            file.seek(0)
            try:
                yield file
            finally:
                path.unlink(missing_ok=True)

    def _fetch(self, url: str) -> Iterator[bytes]:
        """The whole file without resuming; python-tuf itself calls only `download_file`."""
        return self._stream(url, start=0)

    def _complete(self, file: IO[bytes], url: str, max_length: int) -> None:
        deadline = self._monotonic() + _GRACE_SECONDS + max_length / _BYTES_PER_SECOND
        fruitless = 0
        while True:
            start = file.seek(0, 2)
            if start > max_length:
                raise DownloadLengthMismatchError(f"More than the {max_length} bytes that were announced.")
            try:
                self._append(file, url, start, max_length, deadline)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                fruitless = 0 if file.tell() > start else fruitless + 1
                if fruitless == _FRUITLESS:
                    raise DownloadError(f"The connection to the hub breaks off: {_cause(error)}") from error
            else:
                return

    def _append(self, file: IO[bytes], url: str, start: int, max_length: int, deadline: float) -> None:
        for chunk in self._stream(url, start):
            file.write(chunk)
            if file.tell() > max_length:
                raise DownloadLengthMismatchError(f"More than the {max_length} bytes that were announced.")
            if self._pace is not None:
                self._pace.wait(len(chunk))
            if self._stopping():
                raise DownloadError("The program is stopping.")
            if self._monotonic() > deadline:
                raise SlowRetrievalError("The hub sends too slowly.")

    def _stream(self, url: str, start: int) -> Iterator[bytes]:
        if not url.startswith(self._schemes):
            raise DownloadError("The watchlist is fetched over https:// alone.")
        # Metadata is text, and half of it can be saved. What is encrypted cannot be compressed, and a part of a
        # file is asked for by its place in the file itself.
        compressed = _METADATA in url and not start
        headers = {"Accept-Encoding": "gzip" if compressed else "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        response = self._pool.request("GET", url, headers=headers, preload_content=False, redirect=False)
        try:
            if start and response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # All of it had arrived before the cut.
            wanted = HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK
            if response.status != wanted:
                raise DownloadHTTPError(f"The hub answered with status {response.status}.", response.status)
            if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise DownloadHTTPError("The hub answered with another part of the file.", response.status)
            yield from response.stream(_CHUNK if self._pace is None else self._pace.piece, decode_content=compressed)
        finally:
            # Closed, not released: what is left of a body that was not read to its end must not come later.
            response.close()


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    with suppress(AttributeError, TypeError):
        if isinstance(reason, ssl.SSLError):
            return f"TLS: {reason.reason or reason}"
    return str(error) or type(error).__name__
