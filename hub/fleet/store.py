"""The tables of units, their newest health, the messages that wait for them, and the hub's sequence."""

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.fleet.model import OutboundMessage, Unit, UnitHealth
from protocol.envelope import MessageType
from protocol.health import Health
from protocol.ids import SiteId, SliceName, UnitId
from protocol.keys import Identity, SealKey, VerifyKey
from protocol.topics import UnitChannel

units = Table(
    "units",
    metadata,
    Column("id", String(130), primary_key=True),
    Column("site", String(130), nullable=False),
    Column("slices", Text, nullable=False),  # JSON array, sorted
    Column("verify_key", LargeBinary, nullable=False),
    Column("seal_key", LargeBinary, nullable=False),
    # A unit that was withdrawn stays known, because sightings speak of it; nothing of it is accepted any more.
    Column("active", Boolean(name="active"), nullable=False),
)

unit_health = Table(
    "unit_health",
    metadata,
    Column("unit", String(130), ForeignKey("units.id"), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("list_version", BigInteger, nullable=False),
    Column("list_published_at", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("pack_digest", LargeBinary(32), nullable=False),
    Column("software", String(40), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

outbound_messages = Table(
    "outbound_messages",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("unit", String(130), ForeignKey("units.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("type", String(16), nullable=False),
    Column("sealed_payload", LargeBinary, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

hub_sequence = Table(
    "hub_sequence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)


def find(connection: Connection, name: str) -> Unit | None:
    """An active unit."""
    row = connection.execute(select(units).where(units.c.id == name, units.c.active)).one_or_none()
    return None if row is None else _unit(row)


def active(connection: Connection) -> list[Unit]:
    """Every active unit, by name."""
    return [_unit(row) for row in connection.execute(select(units).where(units.c.active).order_by(units.c.id))]


def put(connection: Connection, unit: Unit) -> None:
    """Add a unit, or replace what is known of it."""
    columns = {
        "site": unit.site,
        "slices": json.dumps(unit.slices),
        "verify_key": unit.identity.verify_key.raw,
        "seal_key": unit.identity.seal_key.raw,
        "active": True,
    }
    if not connection.execute(update(units).where(units.c.id == unit.id).values(**columns)).rowcount:
        connection.execute(insert(units).values(id=unit.id, **columns))


def withdraw(connection: Connection, unit: UnitId) -> None:
    """Accept nothing of a unit any more."""
    connection.execute(update(units).where(units.c.id == unit).values(active=False))


def put_health(connection: Connection, unit: UnitId, sequence: int, health: Health, received_at: int) -> bool:
    """Keep a report unless it is older than the one that is kept."""
    kept = connection.scalar(select(unit_health.c.sequence).where(unit_health.c.unit == unit))
    if kept is not None and kept >= sequence:
        return False
    connection.execute(delete(unit_health).where(unit_health.c.unit == unit))
    connection.execute(
        insert(unit_health).values(
            unit=unit,
            sequence=sequence,
            list_version=health.list_version,
            list_published_at=health.list_published_at,
            entries=health.entries,
            pending=health.pending,
            pack_digest=health.pack_digest,
            software=health.software,
            sent_at=health.sent_at,
            received_at=received_at,
        )
    )
    return True


def health(connection: Connection) -> list[UnitHealth]:
    """The newest report of each active unit that has sent one, by name."""
    query = select(unit_health).join(units).where(units.c.active).order_by(unit_health.c.unit)
    return [
        UnitHealth(
            unit=UnitId(row.unit),
            list_version=row.list_version,
            list_published_at=row.list_published_at,
            entries=row.entries,
            pending=row.pending,
            pack_digest=row.pack_digest,
            software=row.software,
            sent_at=row.sent_at,
            received_at=row.received_at,
        )
        for row in connection.execute(query)
    ]


def next_sequence(connection: Connection) -> int:
    """The hub's next sequence number, starting at 1. Each is given once."""
    rise = update(hub_sequence).values(value=hub_sequence.c.value + 1)
    value = connection.scalar(rise.returning(hub_sequence.c.value))
    if value is not None:
        return int(value)
    connection.execute(insert(hub_sequence).values(id=1, value=1))
    return 1


def leap(connection: Connection, numbers: int) -> None:
    """Leave out so many of the hub's sequence numbers."""
    next_sequence(connection)
    connection.execute(update(hub_sequence).values(value=hub_sequence.c.value + numbers))


def queue(connection: Connection, message: OutboundMessage, at: int) -> None:
    """Keep a message until it is sent."""
    connection.execute(
        insert(outbound_messages).values(
            unit=message.unit,
            channel=message.channel,
            type=message.type,
            sealed_payload=message.sealed_payload,
            queued_at=at,
        )
    )


def queued(connection: Connection, limit: int) -> list[tuple[int, OutboundMessage]]:
    """The oldest messages to active units that still wait, each with its position."""
    query = select(outbound_messages).join(units).where(units.c.active).order_by(outbound_messages.c.position)
    return [
        (
            row.position,
            OutboundMessage(UnitId(row.unit), UnitChannel(row.channel), MessageType(row.type), row.sealed_payload),
        )
        for row in connection.execute(query.limit(limit))
    ]


def remove(connection: Connection, position: int) -> None:
    """Forget a message that was sent."""
    connection.execute(delete(outbound_messages).where(outbound_messages.c.position == position))


def queued_count(connection: Connection) -> int:
    """How many messages wait."""
    return connection.scalar(select(func.count()).select_from(outbound_messages)) or 0


def _unit(row: Row[*tuple[Any, ...]]) -> Unit:
    slices = tuple(SliceName(name) for name in json.loads(row.slices))
    identity = Identity(row.id, VerifyKey(row.verify_key), SealKey(row.seal_key))
    return Unit(UnitId(row.id), SiteId(row.site), slices, identity)
