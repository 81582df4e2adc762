"""Messages of which somebody is kept in reserve: what the worker looks through, however many alerts there ever were."""

from sqlalchemy import Connection, delete, insert, select, update

from hub.dispatch.model import AlertId, MessageId
from hub.dispatch.recipient import RecipientKind
from hub.dispatch.tables import alert_messages, waiting_chains


def wait(connection: Connection, message_id: MessageId, kind: RecipientKind, next_at: int) -> None:
    """Recipients of a kind are told in turns; look at them at `next_at` (milliseconds since 1970 UTC)."""
    values = {"message_id": message_id, "kind": str(kind), "next_at": next_at}
    connection.execute(insert(waiting_chains).values(**values))


def due(connection: Connection, at: int) -> list[tuple[MessageId, RecipientKind]]:
    """Those to look at now, the longest overdue first."""
    order = (waiting_chains.c.next_at, waiting_chains.c.message_id, waiting_chains.c.kind)
    rows = connection.execute(select(waiting_chains).where(waiting_chains.c.next_at <= at).order_by(*order))
    return [(MessageId(row.message_id), RecipientKind(row.kind)) for row in rows]


def look_again(connection: Connection, message_id: MessageId, kind: RecipientKind, next_at: int) -> None:
    """Look at them at another moment, if anybody is still in reserve."""
    same = (waiting_chains.c.message_id == message_id, waiting_chains.c.kind == str(kind))
    connection.execute(update(waiting_chains).where(*same).values(next_at=next_at))


def end(connection: Connection, message_id: MessageId, kind: RecipientKind) -> None:
    """Somebody has answered, or there is nobody left."""
    same = (waiting_chains.c.message_id == message_id, waiting_chains.c.kind == str(kind))
    connection.execute(delete(waiting_chains).where(*same))


def end_all(connection: Connection, alert_id: AlertId) -> None:
    """An alert is recalled."""
    said = select(alert_messages.c.id).where(alert_messages.c.alert_id == alert_id)
    connection.execute(delete(waiting_chains).where(waiting_chains.c.message_id.in_(said)))
