"""What the passing of time brings about: held alerts go, the next in turn get theirs, and what came of it is asked."""

from collections.abc import Callable

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.dispatch import chain_store, ledger_store, store
from hub.dispatch.directory import RecipientDirectory
from hub.dispatch.model import Alert, AlertTimes, Delivery, MessageKind
from hub.dispatch.outbox import Outbox
from protocol.ids import CaseId

HUB = "hub"


class Schedule:
    """Looks at the clock for all alerts. Every method joins the caller's transaction."""

    def __init__(
        self,
        outbox: Outbox,
        directory: RecipientDirectory,
        times: AlertTimes,
        is_over: Callable[[Connection, CaseId], bool],
    ) -> None:
        """`is_over`: whether a case has ended, so that nobody needs to be asked any more."""
        self._outbox = outbox
        self._directory = directory
        self._times = times
        self._is_over = is_over

    def has_work(self, connection: Connection, at: int) -> bool:
        """Whether anything may be due; asked in a transaction for reading."""
        return bool(
            store.held_until(connection, at) or store.to_follow_up(connection, at) or chain_store.due(connection, at)
        )

    def work(self, connection: Connection, at: int) -> None:
        """Do what is due."""
        for alert in store.held_until(connection, at):
            self.send(connection, alert, actor=HUB, at=at)
        self._escalate(connection, at)
        for alert, number in store.to_follow_up(connection, at):
            self._follow_up(connection, alert, number, at)

    def send(self, connection: Connection, alert: Alert, *, actor: str, at: int) -> None:
        """An alert leaves its hold: everyone it is for today gets a delivery."""
        store.end_hold(connection, alert.id)
        recipients = self._directory.chosen(connection, alert)
        self._outbox.put(connection, alert, MessageKind.ALERT, recipients, actor=actor, at=at)
        store.follow(connection, alert.id, 1, at + self._times.follow_ups[0])

    def _escalate(self, connection: Connection, at: int) -> None:
        for message_id, kind in chain_store.due(connection, at):
            found = ledger_store.deliveries_of(connection, [message_id], {})[message_id]
            chain = [one for one in found if one.kind is kind]
            reserve = sorted((one for one in chain if one.started_at is None), key=lambda one: one.turn)
            started = [one for one in chain if one.started_at is not None]
            if not reserve or any(one.acknowledged for one in started):
                chain_store.end(connection, message_id, kind)
                continue
            last = max((one.started_at or 0 for one in started), default=0)
            turn_ends = last + self._times.escalation
            if at < turn_ends and not all(one.is_refused for one in started):
                chain_store.look_again(connection, message_id, kind, turn_ends)
                continue
            self._start_next(connection, reserve, at)
            chain_store.look_again(connection, message_id, kind, at + self._times.escalation)

    def _start_next(self, connection: Connection, reserve: list[Delivery], at: int) -> None:
        """`reserve`: of one message and kind, in the order of their turns."""
        message = store.find_message(connection, reserve[0].message_id)
        subject = reserve[0].message_id if message is None else message.alert.id
        for delivery in reserve:
            if delivery.turn != reserve[0].turn:
                return
            ledger_store.start(connection, delivery, at)
            action, turn = AuditAction.ALERT_ESCALATED, delivery.turn
            record(connection, action, actor=HUB, subject=subject, at=at, recipient=delivery.recipient, number=turn)

    def _follow_up(self, connection: Connection, alert: Alert, number: int, at: int) -> None:
        store.end_following(connection, alert.id)
        if self._is_over(connection, alert.case):
            return
        reached = ledger_store.reached(connection, alert.id)
        recipients = [one for one in self._directory.listed(connection) if one.id in reached]
        self._outbox.put(connection, alert, MessageKind.FOLLOW_UP, recipients, actor=HUB, at=at, number=number)
        if number < len(self._times.follow_ups):
            wait = self._times.follow_ups[number] - self._times.follow_ups[number - 1]
            store.follow(connection, alert.id, number + 1, at + wait)
