"""Keeps systemd's watchdog fed, the light right and the list of faults true. Called by the agent, in its one thread."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from edge_agent.panel.light import Light, Situation, choose_light
from edge_agent.panel.protocol import Panel
from edge_agent.supervision.explanations import EXPLANATIONS
from edge_agent.supervision.notify import ServiceManager
from faults import UnavailableError
from protocol.health import Alarm

logger = structlog.get_logger()

_TURN: Final = 2.0
"""Seconds between two turns at most: what the light may lag behind."""

_CHECK: Final = 30.0
"""Seconds between two looks at voltage, heat and disk."""

_CAPTURE: Final = 60.0
"""Seconds after which a capture of which nobody told the end is over: its process was killed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the light needs to know of the way to the hub."""

    connected: bool
    queued: bool
    full: bool  # the outbox


@dataclass(slots=True, eq=False)
class Supervisor:
    """`look`: the faults that stand now; `living`: of each thread that the agent cannot do without, whether it runs."""

    manager: ServiceManager
    panel: Panel
    look: Callable[[], Collection[Alarm]]
    delivery: Callable[[], Delivery]
    living: Sequence[Callable[[], bool]]
    monotonic: Callable[[], float]
    tested: Collection[Alarm] = ()  # what the start-up self-test found
    faults: frozenset[Alarm] = frozenset()
    _captures_until: float = field(default=float("-inf"), init=False)
    _check_due: float = field(default=float("-inf"), init=False)
    _light: Light | None = field(default=None, init=False)

    def begin(self) -> None:
        """The agent is about to take its first event."""
        self._check(self.monotonic())
        self.manager.ready()

    def end(self) -> None:
        """The agent takes no more events."""
        self.manager.stopping()

    def capture(self, *, began: bool) -> None:
        """A camera was opened or closed by some process of the unit. May be called from any thread."""
        self._captures_until = self.monotonic() + _CAPTURE if began else float("-inf")
        if not began:
            # What this capture found wrong, or mended, shows at once.
            self._check_due = float("-inf")

    def turn(self) -> float:
        """Do what is due; the moment at which it wants to be called again. Raises nothing that can be told."""
        now = self.monotonic()
        if now >= self._check_due:
            self._check(now)
        self._show(now)
        # A thread that is gone is not mended by going on: systemd starts the agent anew when it is no longer fed.
        if all(living() for living in self.living):
            self.manager.alive()
        turn = _TURN if self.manager.watchdog_seconds is None else min(_TURN, self.manager.watchdog_seconds / 3)
        return now + turn

    def _check(self, now: float) -> None:
        self._check_due = now + _CHECK
        faults = frozenset(self.look()) | frozenset(self.tested)
        for alarm in sorted(faults - self.faults):
            logger.warning("fault.stands", code=str(alarm), technician=EXPLANATIONS[alarm].technician)
        for alarm in sorted(self.faults - faults):
            logger.info("fault.mended", code=str(alarm))
        if faults != self.faults:
            self.manager.status("Faults: " + ", ".join(sorted(faults)) if faults else "In order")
        self.faults = faults

    def _show(self, now: float) -> None:
        try:
            delivery = self.delivery()
        except UnavailableError:
            # The database cannot be read: nothing can be kept.
            delivery = Delivery(connected=False, queued=True, full=True)
        stands = any(EXPLANATIONS[alarm].stops_intakes for alarm in self.faults)
        light = choose_light(
            Situation(
                capturing=now < self._captures_until,
                connected=delivery.connected,
                queued=delivery.queued,
                fault=stands or delivery.full,
            )
        )
        if light is not self._light:
            self.panel.show(light)
            self._light = light
