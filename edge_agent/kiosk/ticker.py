"""Tells pages that wait, in the kiosk's event loop, that something has changed in another thread."""

import asyncio
from contextlib import suppress


class Ticker:
    """Made in the loop whose pages wait."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def tick(self) -> None:
        """Something has changed. From any thread; nobody hears it once the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._renew)

    async def wait(self, seconds: float) -> None:
        """Until the next change, or so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    def _renew(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
