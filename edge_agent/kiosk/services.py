"""What the kiosk's pages work with."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from edge_agent.kiosk.sessions import Sessions
from edge_agent.kiosk.staff import StaffDesk

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """The one thread in which everything slow is done. What has a database connection was built there."""

    executor: Executor

    async def do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work` gives, while the pages go on."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, lambda: work(*args, **kwargs))


@dataclass(frozen=True, slots=True, eq=False)
class KioskServices:
    """`staff` is called through `worker` alone."""

    sessions: Sessions
    worker: Worker
    staff: StaffDesk
