"""The agent: one thread that takes events in turn and does what falls due.

It decides and delegates; the link, the outbox, the inbox, the list and the synchronisation are handed in.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue

import structlog

from edge_agent.link.events import Arrived, CaptureTold, Connected, Event, Link, StopAsked, SyncEnded, Woken
from edge_agent.link.health import HealthReporter
from edge_agent.link.inbox import Inbox
from edge_agent.link.refresher import SPACING, ListRefresher
from edge_agent.link.sender import Sender
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.retention import Retention
from edge_agent.supervision.supervisor import Supervisor
from edge_agent.watchlist.loading import Watchlist
from faults import RejectedError, UnavailableError
from protocol.ids import UnitId, owner
from protocol.topics import DOWNWARD, UnitChannel, unit_topic, watchlist_topic

logger = structlog.get_logger()


def unit_subscriptions(unit: UnitId) -> list[str]:
    """What a unit hears."""
    own = [unit_topic(unit, channel) for channel in sorted(DOWNWARD)]
    return [*own, watchlist_topic(owner(unit))]


class Agent:
    """Has the outbox drained, what the hub sends taken, the list kept fresh and health reported."""

    def __init__(
        self,
        *,
        unit: UnitId,
        link: Link,
        sender: Sender,
        inbox: Inbox,
        lists: ListRefresher,
        health: HealthReporter,
        timekeeper: Timekeeper,
        retention: Retention,
        settle: Callable[[Watchlist | None], None],
        supervisor: Supervisor,
        events: "SimpleQueue[Event]",
        heartbeat: float,
        monotonic: Callable[[], float],
    ) -> None:
        """`events`: what the link, the worker, other processes and signals say. `heartbeat`: seconds between reports.

        `settle(watchlist)` does with intakes that wait, or are kept, what the present list permits; it may raise the
        database's errors.
        """
        self._health_topic = unit_topic(unit, UnitChannel.HEALTH)
        self._take = {
            unit_topic(unit, UnitChannel.RECEIPTS): self._hear_receipt,
            unit_topic(unit, UnitChannel.NOTICES): inbox.take_notice,
            unit_topic(unit, UnitChannel.ERASURES): self._hear_erasure,
            unit_topic(unit, UnitChannel.TIME): inbox.take_time,
            unit_topic(unit, UnitChannel.STAFF): inbox.take_staff,
            unit_topic(unit, UnitChannel.KEYRINGS): lists.take_keyring,
            watchlist_topic(owner(unit)): lists.hear_announcement,
        }
        self._link = link
        self._sender = sender
        self._inbox = inbox
        self._lists = lists
        self._health = health
        self._timekeeper = timekeeper
        self._retention = retention
        self._settle = settle
        self._supervisor = supervisor
        self._events = events
        self._heartbeat = heartbeat
        self._monotonic = monotonic
        self._heartbeat_due = self._supervision_due = monotonic()

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
        due = min(self._lists.due, self._heartbeat_due, self._sender.due, self._supervision_due)
        try:
            return self._events.get(timeout=max(due - self._monotonic(), 0.0))
        except Empty:
            return None

    def _handle(self, event: Event | None) -> None:
        match event:
            case Connected(session_present=session_present):
                if not session_present:
                    self._sender.forget()
                self._timekeeper.ask_anew()
                self._report_health()
                self._sender.hurry()
            case Arrived():
                self._handle_message(event)
            case Woken():
                if self._lists.reload():
                    self._report_health()
                self._settle_intakes()
            case CaptureTold():
                self._supervision_due = self._monotonic()
            case SyncEnded():
                self._handle_sync(event)
            case StopAsked() | None:
                pass

    def _do_what_is_due(self) -> None:
        now = self._monotonic()
        self._lists.turn(now)
        if now >= self._heartbeat_due:
            self._beat()
        if now >= self._sender.due:
            self._sender.drain(now)

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

    def _hear_erasure(self, payload: bytes) -> None:
        self._inbox.take_erasure(payload)
        self._sender.hurry()

    def _hear_receipt(self, payload: bytes) -> None:
        self._inbox.take_receipt(payload)
        self._sender.hurry()

    def _handle_sync(self, ended: SyncEnded) -> None:
        refreshed = self._lists.finish(ended)
        if refreshed.changed:
            self._settle_intakes()
        if refreshed.refused:
            # What the hub signed may seem to have expired because its clock, or this one, was wrong for a while.
            self._timekeeper.ask_anew()
        if refreshed.changed or refreshed.refused:
            self._report_health()

    def _settle_intakes(self) -> None:
        self._settle(self._lists.watchlist)
        self._sender.hurry()

    def _beat(self) -> None:
        self._heartbeat_due = self._monotonic() + self._heartbeat
        self._timekeeper.keep()
        self._retention.erase_expired()
        self._settle_intakes()
        self._report_health()

    def _report_health(self) -> None:
        if not self._link.connected:
            return
        report = self._health.report(self._lists.watchlist)
        # A report that could not be delivered in three beats tells nothing any more.
        self._link.publish(self._health_topic, report, expiry=round(3 * self._heartbeat) + 1)

    def _postpone(self) -> None:
        later = self._monotonic() + SPACING
        self._sender.due = max(self._sender.due, later)
        self._heartbeat_due = max(self._heartbeat_due, later)
        self._lists.due = max(self._lists.due, later)
