"""The tables of units, their newest health, the messages that wait for them, and the hub's sequence."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
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
    Column("withdrawn_at", BigInteger),  # 0: before this was noted
)

# A report is kept as its bytes: the next one replaces it within a minute, whatever version of the program reads it.
unit_health = Table(
    "unit_health",
    metadata,
    Column("unit", String(130), ForeignKey("units.id"), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("gone_at", BigInteger),
)

# Every number of a unit's durable messages, once. It outlives what they brought: a message that comes again after its
# sighting was erased is not taken in a second time, and a number that never came stays visible.
unit_messages = Table(
    "unit_messages",
    metadata,
    Column("unit", String(130), ForeignKey("units.id"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
)

lost_intakes = Table(
    "lost_intakes",
    metadata,
    Column("unit", String(130), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("reference", String(16), nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("captured_earliest", BigInteger, nullable=False),
    Column("captured_latest", BigInteger),
    Column("reported_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["unit", "sequence"], ["unit_messages.unit", "unit_messages.sequence"]),
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


def find(connection: Connection, name: str, *, active: bool = True) -> Unit | None:
    """An active unit, or one that was withdrawn."""
    row = connection.execute(select(units).where(units.c.id == name, units.c.active.is_(active))).one_or_none()
    return None if row is None else _unit(row)


def identities(connection: Connection, names: Collection[str]) -> dict[str, Identity]:
    """The public keys of those of these units that are active."""
    query = select(units).where(units.c.id.in_(names), units.c.active)
    return {row.id: _unit(row).identity for row in connection.execute(query)}


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
        "withdrawn_at": None,
    }
    if not connection.execute(update(units).where(units.c.id == unit.id).values(**columns)).rowcount:
        connection.execute(insert(units).values(id=unit.id, **columns))


def withdraw(connection: Connection, unit: UnitId, at: int) -> None:
    """Accept nothing of a unit any more."""
    connection.execute(update(units).where(units.c.id == unit).values(active=False, withdrawn_at=at))


def withdrawn(connection: Connection) -> dict[UnitId, int]:
    """The units of which nothing is accepted any more, and since when."""
    rows = connection.execute(select(units.c.id, units.c.withdrawn_at).where(~units.c.active))
    return {UnitId(row.id): row.withdrawn_at for row in rows}


def put_health(connection: Connection, unit: UnitId, sequence: int, health: Health, received_at: int) -> None:
    """Replace the report that is kept."""
    connection.execute(delete(unit_health).where(unit_health.c.unit == unit))
    connection.execute(
        insert(unit_health).values(
            unit=unit, sequence=sequence, report=health.to_bytes(), received_at=received_at, gone_at=None
        )
    )


def health_sequence(connection: Connection, unit: UnitId) -> int:
    """The number of the report that is kept of a unit; 0 when there is none."""
    return connection.scalar(select(unit_health.c.sequence).where(unit_health.c.unit == unit)) or 0


def note_gone(connection: Connection, unit: UnitId, at: int) -> None:
    """The broker says that the unit's connection broke."""
    connection.execute(update(unit_health).where(unit_health.c.unit == unit).values(gone_at=at))


def health(connection: Connection) -> list[UnitHealth]:
    """The newest report of each active unit that has sent one, by name."""
    query = select(unit_health).join(units).where(units.c.active).order_by(unit_health.c.unit)
    return [
        UnitHealth(UnitId(row.unit), Health.from_bytes(row.report), row.received_at, row.gone_at)
        for row in connection.execute(query)
    ]


def next_sequences(connection: Connection, count: int) -> range:
    """The hub's next sequence numbers, starting at 1. Each is given once."""
    rise = update(hub_sequence).values(value=hub_sequence.c.value + count)
    last = connection.scalar(rise.returning(hub_sequence.c.value))
    if last is None:
        last = count
        connection.execute(insert(hub_sequence).values(id=1, value=last))
    return range(last - count + 1, last + 1)


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
