"""The ledger: who is to get which message, each attempt, each acknowledgement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, func, insert, select, update

from hub.dispatch import chain_store
from hub.dispatch.model import (
    AcknowledgedBy,
    Acknowledgement,
    AlertId,
    Attempt,
    AttemptResult,
    Delivery,
    MessageId,
    MessageKind,
)
from hub.dispatch.recipient import RecipientId, RecipientKind
from hub.dispatch.tables import acknowledgements, alert_messages, alerts, deliveries, delivery_attempts


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """`started_at` is None for one in reserve. `token_index` and `reply_code` find it from an acknowledgement."""

    message_id: MessageId
    recipient: RecipientId
    kind: RecipientKind
    turn: int
    started_at: int | None
    token_index: bytes
    reply_code: str


def add_delivery(connection: Connection, new: NewDelivery) -> None:
    """Note that a recipient is to get a message, now or after others."""
    connection.execute(
        insert(deliveries).values(
            message_id=new.message_id,
            recipient=new.recipient,
            kind=str(new.kind),
            turn=new.turn,
            token_index=new.token_index,
            reply_code=new.reply_code,
            started_at=new.started_at,
            next_at=new.started_at,
        )
    )


def deliveries_of(
    connection: Connection, message_ids: Sequence[MessageId], labels: dict[RecipientId, str]
) -> dict[MessageId, list[Delivery]]:
    """The deliveries of some messages, by kind and turn."""
    found: dict[MessageId, list[Delivery]] = {one: [] for one in message_ids}
    for delivery in _deliveries(connection, deliveries.c.message_id.in_(message_ids), labels):
        found[delivery.message_id].append(delivery)
    return found


def due(connection: Connection, at: int) -> list[Delivery]:
    """Deliveries to try now: those tried least often first, and among them the longest overdue."""
    found = _deliveries(connection, deliveries.c.next_at <= at, {})
    return sorted(found, key=lambda one: (len(one.attempts), one.next_at or 0, one.message_id))


def begin(connection: Connection, delivery: Delivery, at: int) -> bool:
    """Note that an attempt begins; False where it is not to be made any more."""
    changed = connection.execute(
        update(deliveries).where(_same(delivery), deliveries.c.next_at.is_not(None)).values(begun_at=at)
    )
    return changed.rowcount == 1


def begun(connection: Connection) -> list[tuple[Delivery, int]]:
    """Attempts that began and of whose end nothing is known."""
    query = select(deliveries).where(deliveries.c.begun_at.is_not(None))
    rows = {(row.message_id, row.recipient): row.begun_at for row in connection.execute(query)}
    found = _deliveries(connection, deliveries.c.begun_at.is_not(None), {})
    return [(one, rows[one.message_id, one.recipient]) for one in found]


def end_attempt(connection: Connection, delivery: Delivery, attempt: Attempt, next_at: int | None) -> None:
    """Enter an attempt, and when to try again unless the alert has been recalled meanwhile."""
    connection.execute(
        insert(delivery_attempts).values(
            message_id=delivery.message_id,
            recipient=delivery.recipient,
            number=attempt.number,
            at=attempt.at,
            result=str(attempt.result),
            code=attempt.code,
        )
    )
    connection.execute(update(deliveries).where(_same(delivery)).values(begun_at=None))
    still = update(deliveries).where(_same(delivery), deliveries.c.next_at.is_not(None))
    connection.execute(still.values(next_at=next_at))
    if attempt.is_refused:
        chain_store.look_again(connection, delivery.message_id, delivery.kind, attempt.at)


def start(connection: Connection, delivery: Delivery, at: int) -> None:
    """It is the turn of a recipient in reserve."""
    connection.execute(update(deliveries).where(_same(delivery)).values(started_at=at, next_at=at))


def stop(connection: Connection, alert_id: AlertId) -> None:
    """Nothing more goes out of what an alert has said so far."""
    earlier = select(alert_messages.c.id).where(alert_messages.c.alert_id == alert_id)
    connection.execute(update(deliveries).where(deliveries.c.message_id.in_(earlier)).values(next_at=None))
    chain_store.end_all(connection, alert_id)


def reached(connection: Connection, alert_id: AlertId) -> set[RecipientId]:
    """Everyone who got something of an alert, or may have: whoever was tried."""
    tried = exists().where(_joined(delivery_attempts))
    query = (
        select(deliveries.c.recipient)
        .join(alert_messages, alert_messages.c.id == deliveries.c.message_id)
        .where(alert_messages.c.alert_id == alert_id, tried | deliveries.c.begun_at.is_not(None))
    )
    return {RecipientId(one) for one in connection.scalars(query)}


def find_by_token(connection: Connection, token_index: bytes) -> Delivery | None:
    """The delivery that a link belongs to."""
    return next(iter(_deliveries(connection, deliveries.c.token_index == token_index, {})), None)


def find_by_code(connection: Connection, code: str) -> Delivery | None:
    """The delivery that a reply belongs to."""
    return next(iter(_deliveries(connection, deliveries.c.reply_code == code, {})), None)


def acknowledge(connection: Connection, delivery: Delivery, given: Acknowledgement) -> None:
    """Enter that a recipient has read a message. No further attempt is needed, nor anybody of the kind after them."""
    connection.execute(
        insert(acknowledgements).values(
            message_id=delivery.message_id, recipient=delivery.recipient, at=given.at, by=str(given.by)
        )
    )
    connection.execute(update(deliveries).where(_same(delivery)).values(next_at=None))
    chain_store.end(connection, delivery.message_id, delivery.kind)


def acknowledgement_count(connection: Connection, alert_id: AlertId) -> int:
    """How many acknowledgements of an alert there are."""
    query = (
        select(func.count())
        .select_from(acknowledgements)
        .join(alert_messages, alert_messages.c.id == acknowledgements.c.message_id)
        .where(alert_messages.c.alert_id == alert_id)
    )
    return connection.scalar(query) or 0


def acknowledged_reviews(connection: Connection, since: int) -> frozenset[str]:
    """The reviews whose alert was raised from a moment on and acknowledged by somebody."""
    query = (
        select(alerts.c.review_id)
        .join(alert_messages, alert_messages.c.alert_id == alerts.c.id)
        .join(acknowledgements, acknowledgements.c.message_id == alert_messages.c.id)
        .where(alerts.c.raised_at >= since, alerts.c.review_id.is_not(None))
    )
    return frozenset(connection.scalars(query))


def waiting_count(connection: Connection) -> int:
    """Deliveries that have not reached their end."""
    return _total(connection, deliveries, deliveries.c.next_at.is_not(None))


def failing_count(connection: Connection) -> int:
    """Those of them that were tried in vain."""
    return _total(
        connection, deliveries, deliveries.c.next_at.is_not(None) & exists().where(_joined(delivery_attempts))
    )


def failure_count(connection: Connection) -> int:
    """Every attempt in vain there ever was."""
    return _total(connection, delivery_attempts, delivery_attempts.c.result != str(AttemptResult.SENT))


def unrecalled_count(connection: Connection) -> int:
    """Deliveries of recalls that no provider has taken."""
    recall = exists().where(
        alert_messages.c.id == deliveries.c.message_id, alert_messages.c.kind == str(MessageKind.RECALL)
    )
    return _total(connection, deliveries, recall & ~exists().where(_joined(delivery_attempts), _IS_SENT))


_IS_SENT: ColumnElement[bool] = delivery_attempts.c.result == str(AttemptResult.SENT)


def _total(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(condition)) or 0


def _same(delivery: Delivery) -> ColumnElement[bool]:
    return and_(deliveries.c.message_id == delivery.message_id, deliveries.c.recipient == delivery.recipient)


def _joined(other: Table) -> ColumnElement[bool]:
    return and_(
        other.c.message_id == deliveries.c.message_id,
        other.c.recipient == deliveries.c.recipient,
    )


def _deliveries(
    connection: Connection, condition: ColumnElement[bool], labels: dict[RecipientId, str]
) -> list[Delivery]:
    query = (
        select(deliveries, acknowledgements.c.at, acknowledgements.c.by)
        .outerjoin(acknowledgements, _joined(acknowledgements))
        .where(condition)
        .order_by(deliveries.c.kind, deliveries.c.turn, deliveries.c.recipient)
    )
    rows = connection.execute(query).all()
    attempts = _attempts(connection, {row.message_id for row in rows})
    return [_delivery(row, attempts.get((row.message_id, row.recipient), []), labels) for row in rows]


def _attempts(connection: Connection, message_ids: Iterable[str]) -> dict[tuple[str, str], list[Attempt]]:
    query = (
        select(delivery_attempts)
        .where(delivery_attempts.c.message_id.in_(list(message_ids)))
        .order_by(delivery_attempts.c.number)
    )
    found: dict[tuple[str, str], list[Attempt]] = {}
    for row in connection.execute(query):
        attempt = Attempt(row.number, row.at, AttemptResult(row.result), row.code)
        found.setdefault((row.message_id, row.recipient), []).append(attempt)
    return found


def _delivery(row: Row[tuple[object, ...]], attempts: list[Attempt], labels: dict[RecipientId, str]) -> Delivery:
    recipient = RecipientId(row.recipient)
    return Delivery(
        MessageId(row.message_id),
        recipient,
        labels.get(recipient, "Recipient of an earlier version"),
        RecipientKind(row.kind),
        row.turn,
        row.started_at,
        row.next_at,
        tuple(attempts),
        None if row.at is None else Acknowledgement(row.at, AcknowledgedBy(row.by)),
    )
