"""What the kiosk's pages work with."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from edge_agent.kiosk.intake import IntakeRoom
from edge_agent.kiosk.sessions import Sessions
from edge_agent.link.notices import NoticeStore
from edge_agent.staff.desk import StaffDesk
from protocol.health import Alarm
from protocol.staff import StaffId

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """The one thread in which everything slow is done. What has a database connection was built there."""

    executor: Executor

    async def do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work` gives, while the pages go on."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, lambda: work(*args, **kwargs))


@dataclass(frozen=True, slots=True)
class UnitState:
    """How the unit is, for staff: the same whatever it finds."""

    list_hours: int | None  # since the hub confirmed the watchlist; None: there is none
    alarms: Collection[Alarm]


@dataclass(frozen=True, slots=True, eq=False)
class KioskServices:
    """`staff`, `intakes`, `notices`, `withdraw` and `unit_state` are called through `worker` alone.

    `withdraw(text, staff)` takes consent back by a receipt or its code; raises WithdrawalCodeError or the database's
    errors.
    `unit_state` raises the database's errors. `spoken`: the folder of the recorded consent texts, if there is one.
    """

    sessions: Sessions
    worker: Worker
    staff: StaffDesk
    intakes: IntakeRoom
    notices: NoticeStore
    withdraw: Callable[[str, StaffId], None]
    unit_state: Callable[[], UnitState]
    spoken: Path | None = None
