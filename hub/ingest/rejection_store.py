"""The table of messages that were refused: how many, by sender, reason and hour, and nothing of what they said."""

from sqlalchemy import Column, Connection, Integer, String, Table, func, insert, select, update

from hub.db import metadata

rejected_messages = Table(
    "rejected_messages",
    metadata,
    Column("sender", String(130), primary_key=True),
    Column("reason", String(64), primary_key=True),
    Column("hour", Integer, primary_key=True),  # hours since 1970 UTC
    Column("count", Integer, nullable=False),
)


def add(connection: Connection, sender: str, reason: str, hour: int) -> int:
    """How often this sender was refused for this reason in this hour, this time included."""
    same = (
        (rejected_messages.c.sender == sender)
        & (rejected_messages.c.reason == reason)
        & (rejected_messages.c.hour == hour)
    )
    rise = update(rejected_messages).where(same).values(count=rejected_messages.c.count + 1)
    count = connection.scalar(rise.returning(rejected_messages.c.count))
    if count is not None:
        return int(count)
    connection.execute(insert(rejected_messages).values(sender=sender, reason=reason, hour=hour, count=1))
    return 1


def by_reason(connection: Connection) -> dict[str, int]:
    """How many messages were refused for each reason."""
    total = func.sum(rejected_messages.c.count)
    query = select(rejected_messages.c.reason, total.label("total")).group_by(rejected_messages.c.reason)
    return {row.reason: int(row.total) for row in connection.execute(query)}


def total(connection: Connection) -> int:
    """How many messages were refused."""
    return connection.scalar(select(func.coalesce(func.sum(rejected_messages.c.count), 0))) or 0
