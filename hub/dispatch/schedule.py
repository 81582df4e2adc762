"""What the passing of time brings about: held alerts go, the next in turn get theirs, and what came of it is asked."""

from collections.abc import Callable
from itertools import groupby

from sqlalchemy import Connection

from hub.audit.service import AuditAction, record
from hub.dispatch import ledger_store, store
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
            store.held_until(connection, at)
            or store.to_follow_up(connection, at)
            or ledger_store.with_reserves(connection)
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
        messages = ledger_store.with_reserves(connection)
        for deliveries in ledger_store.deliveries_of(connection, messages, {}).values():
            for _, chain in groupby(deliveries, key=lambda one: one.kind):
                for delivery in self._next_in_turn(list(chain), at):
                    ledger_store.start(connection, delivery, at)
                    message = store.find_message(connection, delivery.message_id)
                    subject = delivery.message_id if message is None else message.alert.id
                    action, turn = AuditAction.ALERT_ESCALATED, delivery.turn
                    record(
                        connection, action, actor=HUB, subject=subject, at=at, recipient=delivery.recipient, number=turn
                    )

    def _next_in_turn(self, chain: list[Delivery], at: int) -> list[Delivery]:
        """Those of one kind that are to be tried now because nobody before them has acknowledged."""
        started = [one for one in chain if one.started_at is not None]
        reserve = [one for one in chain if one.started_at is None]
        if not reserve or any(one.acknowledged for one in started):
            return []
        newest = max((one.started_at or 0 for one in started), default=0)
        if at - newest < self._times.escalation and not all(one.is_refused for one in started):
            return []
        turn = min(one.turn for one in reserve)
        return [one for one in reserve if one.turn == turn]

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
