"""Live updates of the queue: server-sent events with the fingerprint of the queue, and nothing of what is in it.

A page compares it with that of the lines it shows. The stream cannot know those: a page that was fetched between two
looks may hold a state that the stream never saw.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from faults import UnavailableError
from hub.access.service import Operator
from hub.clock import Clock
from hub.db import Database
from hub.review.service import ReviewService

_LOOK_SECONDS: Final = 1.0
_LOOKS_TO_A_BEAT: Final = 15
_BEATS: Final = 20
"""A stream ends after five minutes; the browser opens the next by itself."""


async def queue_events(
    database: Database,
    review: ReviewService,
    revision: Callable[[Connection], int],
    operator: Callable[[], Operator | None],
    clock: Clock,
) -> AsyncIterator[bytes]:
    """An event after every change of the hub's state and at each beat, with comments by which a dead line is noticed.

    `revision` rises with every change of the hub's state; `operator` is None once the session has ended.
    """

    def look(known: int | None) -> tuple[int, str | None]:
        with database.read() as connection:
            found = revision(connection)
            who = None if found == known else operator()
            return found, None if who is None else review.queue_fingerprint(connection, who, clock())

    known: int | None = None
    yield b"retry: 2000\n\n"
    for _ in range(_BEATS):
        # Leases run out and service targets pass without any change of state: look anyway at each beat.
        known = None
        if await run_in_threadpool(operator) is None:
            yield b"event: ended\ndata:\n\n"
            return
        for _ in range(_LOOKS_TO_A_BEAT):
            try:
                known, fingerprint = await run_in_threadpool(look, known)
            except UnavailableError:
                fingerprint = None  # A database that is busy is asked again: this is no reason to end the stream.
            if fingerprint is not None:
                yield f"event: queue\ndata: {fingerprint}\n\n".encode()
            await anyio.sleep(_LOOK_SECONDS)
        yield b": still here\n\n"
