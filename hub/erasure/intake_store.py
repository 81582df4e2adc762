"""The tables of withdrawals and of the end of intakes: what was removed where, and what is outstanding."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    case,
    exists,
    insert,
    or_,
    select,
    update,
)

from hub.db import metadata
from hub.erasure.model import BACKUPS, Cause, ErasureId, Hold, IntakeErasure, Place, unit_place
from hub.sites import Sites
from protocol.ids import UnitId

intake_erasures = Table(
    "intake_erasures",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("cause", String(16), nullable=False),
    Column("withdrawal", String(64), unique=True, index=True),
    Column("every_basis", Boolean(name="every_basis"), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("site", String(130), nullable=False),
    Column("actor", String(130), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("hold", String(16)),
    Column("written_at", BigInteger),  # to the ledger that outlives a restore
    Column("completed_at", BigInteger, index=True),
)

intake_erasure_places = Table(
    "intake_erasure_places",
    metadata,
    Column("erasure_id", String(16), ForeignKey("intake_erasures.id"), primary_key=True),
    Column("place", String(160), primary_key=True),
    Column("things", Integer, nullable=False),
    Column("asked_at", BigInteger),  # when a unit was last told to erase
    Column("done_at", BigInteger),  # none: outstanding
)


def add(connection: Connection, erasure: IntakeErasure) -> None:
    """An erasure with every place that may hold something."""
    connection.execute(
        insert(intake_erasures).values(
            id=erasure.id,
            cause=str(erasure.cause),
            withdrawal=erasure.withdrawal,
            every_basis=erasure.every_basis,
            reference=erasure.reference,
            site=erasure.site,
            actor=erasure.actor,
            at=erasure.at,
            hold=None if erasure.hold is None else str(erasure.hold),
            completed_at=erasure.completed_at,
        )
    )
    for place in erasure.places:
        _add_place(connection, erasure.id, place)


def find(connection: Connection, withdrawal: str) -> IntakeErasure | None:
    """The erasure of a consent record."""
    found = _erasures(connection, intake_erasures.c.withdrawal == withdrawal)
    return found[0] if found else None


def begun_for(connection: Connection, withdrawals: Collection[str]) -> list[tuple[ErasureId, str, bool]]:
    """The erasures of those consent records that were taken back, and whether whatever permitted the intake."""
    columns = intake_erasures.c
    found = select(columns.id, columns.withdrawal, columns.every_basis).where(columns.withdrawal.in_(withdrawals))
    return [(ErasureId(row.id), row.withdrawal, row.every_basis) for row in connection.execute(found)]


def of_id(connection: Connection, erasure: ErasureId) -> IntakeErasure:
    """One that is known to be there."""
    return _erasures(connection, intake_erasures.c.id == erasure)[0]


def outstanding(connection: Connection, backups_before: int, silent: Collection[str]) -> list[IntakeErasure]:
    """Every erasure of which something may have changed, oldest first.

    Not those that wait for nothing but backups, from after `backups_before`: of retention there is one an hour. Nor
    those that wait for nothing but `silent` places.
    """
    waits = _waits(
        intake_erasure_places.c.place.not_in(silent),
        or_(intake_erasure_places.c.place != BACKUPS, intake_erasures.c.at <= backups_before),
    )
    return _erasures(connection, intake_erasures.c.completed_at.is_(None) & or_(waits, ~_waits()))


def of_people(connection: Connection, sites: Sites, silent: Collection[str], limit: int | None) -> list[IntakeErasure]:
    """Withdrawals and what the desk asked for, of the sites or of a site that is not known yet.

    First what waits for a place that can answer, then what waits for backups alone, then for `silent` places; newest
    first.
    """
    at_sites = or_(sites.condition(intake_erasures.c.site), intake_erasures.c.site == "")
    people = at_sites & intake_erasures.c.withdrawal.is_not(None)
    answering = intake_erasure_places.c.place.not_in(silent)
    rank = case(
        (intake_erasures.c.completed_at.is_not(None), 3),
        (_waits(answering, intake_erasure_places.c.place != BACKUPS), 0),
        (_waits(answering), 1),
        else_=2,
    )
    query = select(intake_erasures).where(people).order_by(rank, intake_erasures.c.at.desc(), intake_erasures.c.id)
    return _read(connection, query.limit(limit))


def change(
    connection: Connection,
    erasure: ErasureId,
    *,
    hold: Hold | None,
    reference: str,
    site: str,
    every_basis: bool,
) -> None:
    """What is known of an erasure now."""
    connection.execute(
        update(intake_erasures)
        .where(intake_erasures.c.id == erasure)
        .values(
            hold=None if hold is None else str(hold),
            reference=reference,
            site=site,
            every_basis=every_basis,
        )
    )


def complete(connection: Connection, erasure: ErasureId, at: int) -> None:
    """Nothing is outstanding any more."""
    connection.execute(update(intake_erasures).where(intake_erasures.c.id == erasure).values(completed_at=at))


def reopen(connection: Connection, erasure: ErasureId, places: Collection[str]) -> None:
    """Some places are outstanding once more, and the ledger is to hear of it."""
    own = intake_erasure_places.c.erasure_id == erasure
    again = update(intake_erasure_places).where(own, intake_erasure_places.c.place.in_(places))
    connection.execute(again.values(done_at=None, asked_at=None))
    connection.execute(
        update(intake_erasures).where(intake_erasures.c.id == erasure).values(completed_at=None, written_at=None)
    )


def note_place(connection: Connection, erasure: ErasureId, place: str, *, more: int = 0, done_at: int | None) -> None:
    """So many more things were removed in a place; `done_at`: None while it may hold something still."""
    same = (intake_erasure_places.c.erasure_id == erasure) & (intake_erasure_places.c.place == place)
    changed = update(intake_erasure_places).where(same)
    values = {"things": intake_erasure_places.c.things + more, "done_at": done_at}
    if not connection.execute(changed.values(**values)).rowcount:
        _add_place(connection, erasure, Place(place, more, done_at))


def note_asked(connection: Connection, erasure: ErasureId, units: Collection[UnitId], at: int) -> None:
    """Units were told to erase."""
    own = intake_erasure_places.c.erasure_id == erasure
    asked = update(intake_erasure_places).where(own, intake_erasure_places.c.place.in_(map(unit_place, units)))
    connection.execute(asked.values(asked_at=at))


def places_to_ask(connection: Connection, erasure: ErasureId, before: int) -> set[str]:
    """Outstanding places that were not asked since a moment."""
    query = select(intake_erasure_places.c.place).where(
        intake_erasure_places.c.erasure_id == erasure,
        intake_erasure_places.c.done_at.is_(None),
        or_(intake_erasure_places.c.asked_at.is_(None), intake_erasure_places.c.asked_at <= before),
    )
    return set(connection.scalars(query))


def end_backups(connection: Connection, made_before: int, at: int) -> list[tuple[ErasureId, str | None]]:
    """The backups from before a moment are destroyed; of which erasures, with their withdrawals, none is left."""
    removed = intake_erasure_places.alias("removed")
    earlier = select(removed.c.erasure_id).where(removed.c.place == "hub", removed.c.done_at < made_before)
    gone = update(intake_erasure_places).where(
        intake_erasure_places.c.place == BACKUPS,
        intake_erasure_places.c.done_at.is_(None),
        intake_erasure_places.c.erasure_id.in_(earlier),
    )
    ended = connection.scalars(gone.values(done_at=at).returning(intake_erasure_places.c.erasure_id)).all()
    query = select(intake_erasures.c.id, intake_erasures.c.withdrawal).where(intake_erasures.c.id.in_(ended))
    return [(ErasureId(row.id), row.withdrawal) for row in connection.execute(query)]


def unwritten(connection: Connection, limit: int) -> list[IntakeErasure]:
    """What the ledger does not say yet."""
    people = intake_erasures.c.withdrawal.is_not(None)
    return _erasures(connection, people & intake_erasures.c.written_at.is_(None), limit)


def note_written(connection: Connection, erasures: Collection[ErasureId], at: int) -> None:
    """The ledger says it now."""
    connection.execute(update(intake_erasures).where(intake_erasures.c.id.in_(erasures)).values(written_at=at))


def _add_place(connection: Connection, erasure: ErasureId, place: Place) -> None:
    connection.execute(
        insert(intake_erasure_places).values(
            erasure_id=erasure, place=place.place, things=place.count, done_at=place.done_at
        )
    )


def _waits(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an erasure has an outstanding place of which all of this is true."""
    own = intake_erasure_places.c.erasure_id == intake_erasures.c.id
    return exists().where(own, intake_erasure_places.c.done_at.is_(None), *conditions)


def _erasures(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> list[IntakeErasure]:
    query = select(intake_erasures).where(condition).order_by(intake_erasures.c.at, intake_erasures.c.id)
    return _read(connection, query.limit(limit))


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[IntakeErasure]:
    rows = connection.execute(query).all()
    places: defaultdict[str, list[Place]] = defaultdict(list)
    own = intake_erasure_places.c.erasure_id.in_([row.id for row in rows])
    for one in connection.execute(select(intake_erasure_places).where(own).order_by(intake_erasure_places.c.place)):
        places[one.erasure_id].append(Place(one.place, one.things, one.done_at))
    return [_erasure(row, places[row.id]) for row in rows]


def _erasure(row: Row[tuple[object, ...]], places: Sequence[Place]) -> IntakeErasure:
    return IntakeErasure(
        id=ErasureId(row.id),
        cause=Cause(row.cause),
        withdrawal=row.withdrawal,
        every_basis=row.every_basis,
        reference=row.reference,
        site=row.site,
        actor=row.actor,
        at=row.at,
        hold=None if row.hold is None else Hold(row.hold),
        completed_at=row.completed_at,
        places=tuple(places),
    )
