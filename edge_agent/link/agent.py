"""The agent: one thread that takes events in turn and does what falls due.

It decides and delegates; the link, the outbox, the inbox, the list and the synchronisation are handed in.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from edge_agent.link.backoff import Backoff
from edge_agent.link.current_list import CurrentList
from edge_agent.link.events import Arrived, CaptureTold, Connected, Event, Link, StopAsked, SyncEnded, Woken
from edge_agent.link.health import HealthReporter
from edge_agent.link.inbox import Inbox
from edge_agent.link.sync_worker import SyncWorker
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.link.window import SendWindow
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.retention import Retention
from edge_agent.supervision.supervisor import Supervisor
from edge_agent.watchlist.loading import Watchlist
from faults import MissingChildAlertError, RejectedError, UnavailableError
from protocol.announcement import Announcement
from protocol.ids import UnitId, owner
from protocol.topics import DOWNWARD, UnitChannel, unit_topic, watchlist_topic

logger = structlog.get_logger()

_SYNC_SPACING: Final = 2.0
"""Seconds between two synchronisations, whatever is announced: announcements are not signed."""

_FALLBACK: Final = 30.0
"""Seconds after which the outbox is looked at although nobody tapped."""

_PAUSE: Final = 0.05
"""Seconds at least between two looks at the outbox that nothing asked for."""

_LOOK_AHEAD: Final = 1000
"""Envelopes looked at in one turn. Only that many that the hub never confirms could hide a later one."""

_SYNC_BACKOFF: Final = Backoff(first=5.0, longest=900.0)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between what happens by itself."""

    sync: float
    heartbeat: float
    resend: float


def unit_subscriptions(unit: UnitId) -> list[str]:
    """What a unit hears."""
    own = [unit_topic(unit, channel) for channel in sorted(DOWNWARD)]
    return [*own, watchlist_topic(owner(unit))]


class Agent:
    """Drains the outbox, takes what the hub sends, keeps the list fresh and reports health."""

    def __init__(
        self,
        *,
        unit: UnitId,
        link: Link,
        outbox: Outbox,
        inbox: Inbox,
        current: CurrentList,
        worker: SyncWorker,
        health: HealthReporter,
        timekeeper: Timekeeper,
        retention: Retention,
        settle: Callable[[Watchlist | None], None],
        supervisor: Supervisor,
        events: "SimpleQueue[Event]",
        intervals: Intervals,
        monotonic: Callable[[], float],
        source: random.Random,
    ) -> None:
        """`events`: what the link, the worker, other processes and signals report. `settle(watchlist)` does with
        intakes that wait, or are kept, what the present list permits; it may raise the database's errors.
        """
        self._sightings = unit_topic(unit, UnitChannel.SIGHTINGS)
        self._losses = unit_topic(unit, UnitChannel.LOSSES)
        self._health_topic = unit_topic(unit, UnitChannel.HEALTH)
        self._take = {
            unit_topic(unit, UnitChannel.RECEIPTS): self._hear_receipt,
            unit_topic(unit, UnitChannel.NOTICES): inbox.take_notice,
            unit_topic(unit, UnitChannel.TIME): inbox.take_time,
            unit_topic(unit, UnitChannel.KEYRINGS): current.take_keyring,
            watchlist_topic(owner(unit)): self._hear_announcement,
        }
        self._link = link
        self._outbox = outbox
        self._inbox = inbox
        self._current = current
        self._worker = worker
        self._health = health
        self._timekeeper = timekeeper
        self._retention = retention
        self._settle = settle
        self._supervisor = supervisor
        self._events = events
        self._intervals = intervals
        self._monotonic = monotonic
        self._random = source
        self._window = SendWindow(intervals.resend)
        self._sync_failures = 0
        start = monotonic()
        self._sync_due = start
        self._sync_not_before = start
        self._heartbeat_due = start
        self._drain_due = start
        self._supervision_due = start

    def run(self) -> None:
        """Until StopAsked. Raises MisconfiguredError for what only a technician can repair."""
        self._link.start()
        self._supervisor.begin()
        logger.info("edge.ready")
        while not isinstance(event := self._next_event(), StopAsked):
            try:
                self._handle(event)
                self._do_what_is_due()
            except UnavailableError as error:
                # A full disk or the like: nothing was acknowledged, and all of it is tried again.
                logger.warning("edge.unavailable", reason=str(error))
                self._postpone()
        self._supervisor.end()
        logger.info("edge.stopping")

    def _next_event(self) -> Event | None:
        # Before anything that can fail: an agent that keeps trying on a full disk lives.
        if self._monotonic() >= self._supervision_due:
            self._supervision_due = self._supervisor.turn()
        dues = [self._sync_due, self._heartbeat_due, self._drain_due, self._supervision_due]
        try:
            return self._events.get(timeout=max(min(dues) - self._monotonic(), 0.0))
        except Empty:
            return None

    def _handle(self, event: Event | None) -> None:
        match event:
            case Connected(session_present=session_present):
                if not session_present:
                    self._window.forget()
                self._timekeeper.ask_anew()
                self._report_health()
                self._drain_due = self._monotonic()
            case Arrived():
                self._handle_message(event)
            case Woken():
                self._reload_list()
                self._settle_intakes()
            case CaptureTold():
                self._supervision_due = self._monotonic()
            case SyncEnded():
                self._handle_sync(event)
            case StopAsked() | None:
                pass

    def _do_what_is_due(self) -> None:
        now = self._monotonic()
        self._current.expire()
        if now >= self._sync_due:
            self._start_sync(now)
        if now >= self._heartbeat_due:
            self._beat()
        if now >= self._drain_due:
            self._drain(now)

    def _drain(self, now: float) -> None:
        for sequence in self._window.due(self._outbox.pending(_LOOK_AHEAD), now, self._outbox.is_urgent):
            envelope = self._outbox.envelope(sequence)
            if envelope is not None:
                is_loss = self._outbox.is_loss(sequence)
                # The broker may forget its copy when the next one comes: it never holds many for a hub that is away.
                expiry = math.ceil(self._window.wait(sequence))
                if not self._link.publish(self._losses if is_loss else self._sightings, envelope, expiry=expiry):
                    self._drain_due = now + _FALLBACK  # `Connected` brings it forward.
                    return
                self._window.sent(sequence, now)
                logger.info("loss.sent" if is_loss else "sighting.sent", sequence=sequence)
        repeat = self._window.next_due(now)
        latest = now + _FALLBACK
        self._drain_due = latest if repeat is None else min(max(repeat, now + _PAUSE), latest)

    def _handle_message(self, message: Arrived) -> None:
        take = self._take.get(message.topic)
        try:
            if take is not None:
                take(message.payload)
        except RejectedError as error:
            logger.warning("message.rejected", topic=message.topic, reason=str(error))
        except UnavailableError:
            self._link.reconnect()
            raise
        message.acknowledge()

    def _hear_receipt(self, payload: bytes) -> None:
        self._inbox.take_receipt(payload)
        self._drain_due = self._monotonic()

    def _hear_announcement(self, payload: bytes) -> None:
        announced = Announcement.from_bytes(payload).timestamp_version
        if announced != self._current.timestamp_version:
            self._sync_due = min(self._sync_due, max(self._monotonic(), self._sync_not_before))

    def _start_sync(self, now: float) -> None:
        self._sync_due = now + self._intervals.sync
        if self._worker.busy:
            self._sync_due = now + _SYNC_SPACING
        else:
            self._sync_not_before = now + _SYNC_SPACING
            self._worker.start()

    def _handle_sync(self, ended: SyncEnded) -> None:
        try:
            synced = ended.outcome.result()
        except MissingChildAlertError as error:
            self._sync_failures += 1
            delay = min(_SYNC_BACKOFF.delay(self._sync_failures, self._random), self._intervals.sync)
            self._sync_due = self._monotonic() + delay
            logger.warning("watchlist.sync_failed", kind=type(error).__name__, reason=str(error))
            self._reload_list()  # It may have learnt that the list may not be used any more.
            if isinstance(error, RejectedError):
                # What the hub signed may seem to have expired because its clock, or this one, was wrong for a while.
                self._timekeeper.ask_anew()
                self._report_health()
        else:
            self._sync_failures = 0
            if self._current.take(synced):
                self._settle_intakes()
                self._report_health()

    def _reload_list(self) -> None:
        if self._current.reload_if_changed():
            self._report_health()

    def _settle_intakes(self) -> None:
        self._settle(self._current.watchlist)
        self._drain_due = self._monotonic()

    def _beat(self) -> None:
        self._heartbeat_due = self._monotonic() + self._intervals.heartbeat
        self._timekeeper.keep()
        self._retention.erase_expired()
        self._settle_intakes()
        self._report_health()

    def _report_health(self) -> None:
        if not self._link.connected:
            return
        report = self._health.report(self._current.watchlist)
        # A report that could not be delivered in three beats tells nothing any more.
        self._link.publish(self._health_topic, report, expiry=round(3 * self._intervals.heartbeat) + 1)

    def _postpone(self) -> None:
        now = self._monotonic()
        self._drain_due = max(self._drain_due, now + _SYNC_SPACING)
        self._heartbeat_due = max(self._heartbeat_due, now + _SYNC_SPACING)
        self._sync_due = max(self._sync_due, now + _SYNC_SPACING)
