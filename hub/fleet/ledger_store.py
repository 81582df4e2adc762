"""The ledger of units' numbered messages: what came, what never will, and which numbers nobody can account for."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from sqlalchemy import Connection, case, delete, func, insert, select, tuple_

from hub.fleet.model import ABSENT, Delivery, KnownMessage, LostIntake, Standing
from hub.fleet.store import lost_intakes, unit_messages
from protocol.ids import UnitId
from protocol.losses import LostMessage
from protocol.moment import Moment

_SHOWN: Final = 5
"""Ranges of missing numbers that are looked up; the count is of all."""

Place: TypeAlias = tuple[UnitId, int]
"""A unit and the number of one of its messages."""


def find(connection: Connection, places: Collection[Place]) -> dict[Place, KnownMessage]:
    """What is known of these messages; nothing of those that are new."""
    wanted = tuple_(unit_messages.c.unit, unit_messages.c.sequence).in_(places)
    return {
        (UnitId(row.unit), row.sequence): KnownMessage(row.digest, Standing(row.standing), row.at)
        for row in connection.execute(select(unit_messages).where(wanted))
    }


def put(connection: Connection, messages: Mapping[Place, KnownMessage]) -> None:
    """Note messages. They take the place of those that were called absent and came after all."""
    if not messages:
        return
    connection.execute(delete(lost_intakes).where(tuple_(lost_intakes.c.unit, lost_intakes.c.sequence).in_(messages)))
    same = tuple_(unit_messages.c.unit, unit_messages.c.sequence).in_(messages)
    connection.execute(delete(unit_messages).where(same, unit_messages.c.standing.in_(ABSENT)))
    rows = [
        {"unit": unit, "sequence": sequence, "digest": one.digest, "standing": one.standing, "at": one.at}
        for (unit, sequence), one in messages.items()
    ]
    connection.execute(insert(unit_messages), rows)


def put_lost(connection: Connection, unit: UnitId, lost: LostMessage, at: int) -> None:
    """Note an intake that its unit erased."""
    put(connection, {(unit, lost.sequence): KnownMessage(bytes(32), Standing.LOST, at)})
    connection.execute(
        insert(lost_intakes).values(
            unit=unit,
            sequence=lost.sequence,
            reference=lost.reference,
            captured_at=lost.captured.at,
            captured_earliest=lost.captured.earliest,
            captured_latest=lost.captured.latest,
            reported_at=at,
        )
    )


def lost(connection: Connection, limit: int) -> list[LostIntake]:
    """The intakes that units erased, the newest reports first."""
    query = select(lost_intakes).order_by(lost_intakes.c.reported_at.desc(), lost_intakes.c.sequence).limit(limit)
    return [
        LostIntake(
            UnitId(row.unit),
            row.reference,
            Moment(row.captured_at, row.captured_earliest, row.captured_latest),
            row.reported_at,
        )
        for row in connection.execute(query)
    ]


def greatest(connection: Connection, unit: UnitId) -> int:
    """The greatest number that is known; 0 when none is."""
    return connection.scalar(select(func.max(unit_messages.c.sequence)).where(unit_messages.c.unit == unit)) or 0


def deliveries(connection: Connection, reported: dict[UnitId, int]) -> dict[UnitId, Delivery]:
    """How far each unit's messages have come. `reported`: the greatest number that a unit says it has given."""
    query = select(
        unit_messages.c.unit,
        func.count().label("known"),
        func.max(unit_messages.c.sequence).label("greatest"),
        func.sum(case((unit_messages.c.standing == Standing.LOST, 1), else_=0)).label("lost"),
        func.sum(case((unit_messages.c.standing == Standing.REFUSED, 1), else_=0)).label("refused"),
    ).group_by(unit_messages.c.unit)
    found = {UnitId(row.unit): row for row in connection.execute(query)}
    result = {}
    for unit in found.keys() | reported.keys():
        row, said = found.get(unit), reported.get(unit, 0)
        if row is None:
            result[unit] = Delivery(said, (range(1, said + 1),) if said else (), said)
            continue
        top = max(row.greatest, said)
        count = top - row.known
        ranges = tuple(_missing(connection, unit, top)) if count else ()
        result[unit] = Delivery(top, ranges, count, int(row.lost), int(row.refused))
    return result


def _missing(connection: Connection, unit: UnitId, top: int) -> Iterator[range]:
    before = func.lag(unit_messages.c.sequence, 1, 0).over(order_by=unit_messages.c.sequence)
    numbers = select(unit_messages.c.sequence, before.label("before")).where(unit_messages.c.unit == unit).subquery()
    query = select(numbers).where(numbers.c.sequence > numbers.c.before + 1).order_by(numbers.c.sequence)
    shown = 0
    for row in connection.execute(query.limit(_SHOWN)):
        shown += 1
        yield range(row.before + 1, row.sequence)
    last = greatest(connection, unit)
    if shown < _SHOWN and last < top:
        yield range(last + 1, top + 1)
