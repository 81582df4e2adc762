"""Live updates of the queue: server-sent events that say that it is another, and nothing of what is in it."""

from collections.abc import AsyncIterator, Callable, Hashable
from typing import Final

import anyio
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from hub.access.service import Operator
from hub.clock import Clock
from hub.db import Database
from hub.review.service import ReviewService
from hub.review.views import Queue

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
    """One event whenever somebody's queue is another, and a comment now and then by which a dead line is noticed.

    `revision` rises with every change of the hub's state; `operator` is None once the session has ended.
    """

    def look(known: int | None) -> tuple[int, Hashable | None]:
        with database.read() as connection:
            found = revision(connection)
            who = None if found == known else operator()
            return found, None if who is None else _print(review.queue(connection, who, clock()))

    seen: Hashable | None = None
    known: int | None = None
    yield b"retry: 2000\n\n"
    for _ in range(_BEATS):
        # Leases run out and service targets pass without any change of state: look anyway at each beat.
        known = None
        if await run_in_threadpool(operator) is None:
            yield b"event: ended\ndata:\n\n"
            return
        for _ in range(_LOOKS_TO_A_BEAT):
            known, now = await run_in_threadpool(look, known)
            if now is not None and now != seen:
                yield b"event: queue\ndata:\n\n"
                seen = now
            await anyio.sleep(_LOOK_SECONDS)
        yield b": still here\n\n"


def _print(queue: Queue) -> Hashable:
    """What is equal for queues that look alike."""
    parts = (queue.begun, queue.disputed, queue.to_answer, queue.answered)
    return tuple(tuple((item.review.id, item.overdue) for item in part) for part in parts)
