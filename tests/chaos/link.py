"""The network between two programs: a TCP proxy that can cut at any byte, delay, throttle, damage and fall silent."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"
_CHUNK = 16 * 1024


Send = Callable[[bytes], Awaitable[None]]


class Weather(Protocol):
    """What becomes of the bytes of one direction of one connection."""

    async def carry(self, chunk: bytes, send: Send, /) -> bool:
        """Send what arrives; False ends the connection."""
        ...


class Fair:
    """Everything arrives."""

    async def carry(self, chunk: bytes, send: Send) -> bool:
        """Send it on."""
        await send(chunk)
        return True


@dataclass
class CutAfter:
    """The connection breaks after so many bytes, of both directions together."""

    remaining: int

    async def carry(self, chunk: bytes, send: Send) -> bool:
        """Send what is left."""
        part = chunk[: self.remaining]
        self.remaining -= len(part)
        if part:
            await send(part)
        return self.remaining > 0


@dataclass
class Slow:
    """Every chunk is late, and a second carries only so many bytes."""

    delay: float  # seconds
    rate: int  # bytes per second

    async def carry(self, chunk: bytes, send: Send) -> bool:
        """Send it in small parts."""
        await asyncio.sleep(self.delay)
        step = max(self.rate // 20, 1)
        for start in range(0, len(chunk), step):
            part = chunk[start : start + step]
            await send(part)
            await asyncio.sleep(len(part) / self.rate)
        return True


class Silent:
    """Nothing arrives, and nobody is told."""

    async def carry(self, _chunk: bytes, _send: Send) -> bool:
        """Keep it."""
        return True


@dataclass
class Doubled:
    """The chunk that begins after so many bytes comes twice."""

    after: int

    async def carry(self, chunk: bytes, send: Send) -> bool:
        """Send it, and perhaps again."""
        await send(chunk)
        if 0 <= self.after < len(chunk):
            await send(chunk)
        self.after -= len(chunk)
        return True


@dataclass
class Swapped:
    """The two halves of the chunk that begins after so many bytes change places."""

    after: int

    async def carry(self, chunk: bytes, send: Send) -> bool:
        """Send it, perhaps the wrong way round."""
        swap = 0 <= self.after < len(chunk)
        self.after -= len(chunk)
        half = len(chunk) // 2
        await send(chunk[half:] + chunk[:half] if swap else chunk)
        return True


class NetworkThread:
    """One event loop in a thread of its own, for every link of a campaign."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the loop, and wait for it."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(60)

    def close(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Link:
    """A way from a port of its own to another's. Fair until told otherwise."""

    def __init__(self, network: NetworkThread, port: int, upstream: int) -> None:
        """Listen on `port` of the loopback address."""
        self._network = network
        self._fair_upstream = self._upstream = upstream
        self._weather: Callable[[], Weather] | None = Fair
        self._connections: set[asyncio.Task[None]] = set()
        self._server = network.run(asyncio.start_server(self._accept, HOST, port))

    def turn(self, weather: Callable[[], Weather] | None) -> None:
        """From now on, and for the connections that there are; None refuses every connection, and ends those."""

        async def change() -> None:
            self._weather = weather
            if weather is None:
                self._break()

        self._network.run(change())

    def lead_to(self, port: int) -> None:
        """Break every connection; the next ones lead to this port."""
        self._network.run(self._change(port, Fair))

    def heal(self) -> None:
        """Fair again. What was silent or damaged is broken, so that both ends notice."""
        if self._weather is not Fair or self._upstream != self._fair_upstream:
            self._network.run(self._change(self._fair_upstream, Fair))

    def close(self) -> None:
        """Refuse everything for good."""

        async def end() -> None:
            self._server.close()
            self._break()
            await asyncio.gather(*self._connections, return_exceptions=True)

        self._network.run(end())

    async def _change(self, upstream: int, weather: Callable[[], Weather] | None) -> None:
        self._upstream, self._weather = upstream, weather
        self._break()

    def _break(self) -> None:
        for task in self._connections:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if self._weather is not None:
                # One of the two ends has gone, or the link was told to break.
                with suppress(OSError, asyncio.CancelledError):
                    await self._relay(reader, writer)
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self._upstream)
        overhead = _Overhead(self._weather)
        pumps = [
            asyncio.create_task(self._pump(reader, far_writer, overhead)),
            asyncio.create_task(self._pump(far_reader, writer, overhead)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, overhead: "_Overhead") -> None:
        async def send(part: bytes) -> None:
            target.write(part)
            await target.drain()

        while chunk := await source.read(_CHUNK):
            if not await overhead.now(self._weather).carry(chunk, send):
                return


class _Overhead:
    """The weather over one connection: what is left of it counts for both directions."""

    def __init__(self, make: Callable[[], Weather] | None) -> None:
        self._make = make
        self._weather = make() if make else Fair()

    def now(self, make: Callable[[], Weather] | None) -> Weather:
        """That which was ordered last."""
        if make is not self._make:
            self._make = make
            self._weather = make() if make else Fair()
        return self._weather
