"""A man in the middle who speaks MQTT: a broker's operator who doubles, reorders or drops what he promised to deliver.

TLS ends here, with the broker's own certificate; to the broker it speaks with the client's. So the two ends notice
nothing, as with a broker that has been taken over.
"""

import asyncio
import random
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from tests.chaos.link import HOST, NetworkThread, Send

_PUBLISH, _PUBACK = 3, 4
_QOS_1 = 0b0010
_SHORT_WHILE = 0.3  # seconds for which a message is held back when no other follows it


@dataclass(frozen=True, slots=True)
class Packet:
    """An MQTT control packet as it travels."""

    data: bytes
    body: int  # where the variable header begins

    @property
    def is_message(self) -> bool:
        """Whether it is one that its receiver has to acknowledge."""
        return self.data[0] >> 4 == _PUBLISH and bool(self.data[0] & _QOS_1)

    @property
    def acknowledgement(self) -> bytes:
        """What the receiver of this message would answer."""
        topic = int.from_bytes(self.data[self.body : self.body + 2], "big")
        number = self.data[self.body + 2 + topic : self.body + 4 + topic]
        return bytes([_PUBACK << 4, len(number)]) + number


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    """The next packet. Raises IncompleteReadError at the end of the connection."""
    head = await reader.readexactly(1)
    length = shift = 0
    while True:
        digit = await reader.readexactly(1)
        head += digit
        length |= (digit[0] & 0x7F) << shift
        shift += 7
        if digit[0] < 0x80:
            break
    return Packet(head + await reader.readexactly(length), len(head))


class Malice(Protocol):
    """What becomes of the messages of one direction. `answer` speaks to the one who sent them."""

    async def take(self, message: Packet, send: Send, answer: Send, /) -> None:
        """Deliver, or not."""
        ...


class Doubling:
    """Every message comes twice."""

    async def take(self, message: Packet, send: Send, _answer: Send) -> None:
        """Send it twice."""
        await send(message.data)
        await send(message.data)


class Reordering:
    """A message may come after one that was sent later."""

    def __init__(self, draw: random.Random) -> None:
        """`draw` decides which are held back."""
        self._draw = draw
        self._held: list[bytes] = []
        self._release: asyncio.Task[None] | None = None

    async def take(self, message: Packet, send: Send, _answer: Send) -> None:
        """Hold it back, or send it before those that are held back."""
        if self._draw.random() < 0.5:
            self._held.append(message.data)
            if self._release is None or self._release.done():
                self._release = asyncio.create_task(self._let_go_later(send))
        else:
            await send(message.data)
            await self._let_go(send)

    async def _let_go_later(self, send: Send) -> None:
        await asyncio.sleep(_SHORT_WHILE)
        with suppress(OSError):
            await self._let_go(send)

    async def _let_go(self, send: Send) -> None:
        held, self._held = self._held, []
        for data in reversed(held):
            await send(data)


class Losing:
    """A message may be acknowledged, and never delivered."""

    def __init__(self, draw: random.Random) -> None:
        """`draw` decides which."""
        self._draw = draw

    async def take(self, message: Packet, send: Send, answer: Send) -> None:
        """Send it, or only say so."""
        if self._draw.random() < 0.6:
            await answer(message.acknowledgement)
        else:
            await send(message.data)


class Tap:
    """Listens as the broker, and speaks to the broker as the client whose link leads here."""

    def __init__(
        self,
        network: NetworkThread,
        port: int,
        upstream: int,
        *,
        as_broker: ssl.SSLContext,
        as_client: ssl.SSLContext,
        malice: Callable[[], Malice],
    ) -> None:
        """`malice` makes that of one direction of a connection."""
        self.port = port
        self._network = network
        self._upstream = upstream
        self._as_client = as_client
        self._malice = malice
        self._connections: set[asyncio.Task[None]] = set()
        self._server = network.run(asyncio.start_server(self._accept, HOST, port, ssl=as_broker))

    def close(self) -> None:
        """End every connection."""

        async def end() -> None:
            self._server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

        self._network.run(end())

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(
            HOST, self._upstream, ssl=self._as_client, server_hostname=HOST
        )
        near, far = _sender(writer), _sender(far_writer)
        pumps = [
            asyncio.create_task(_pump(reader, self._malice(), far, near)),
            asyncio.create_task(_pump(far_reader, self._malice(), near, far)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, malice: Malice, send: Send, answer: Send) -> None:
    with suppress(asyncio.IncompleteReadError):
        while True:
            packet = await read_packet(reader)
            if packet.is_message:
                await malice.take(packet, send, answer)
            else:
                await send(packet.data)


def _sender(writer: asyncio.StreamWriter) -> Send:
    async def send(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    return send
