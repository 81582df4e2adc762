"""The table of the one moment until when the hub's clock was known to go evenly."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Connection, Integer, Table, insert, select, update

from hub.db import metadata

retention_clock = Table(
    "retention_clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)


def even_until(connection: Connection) -> int | None:
    """Until when the clock was known to go evenly; None before the first look."""
    return connection.scalar(select(retention_clock.c.at))


def note_even(connection: Connection, at: int) -> None:
    """It went evenly until now."""
    if not connection.execute(update(retention_clock).values(at=at)).rowcount:
        connection.execute(insert(retention_clock).values(id=1, at=at))
