"""The table of found children's registrations."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db import metadata
from hub.found.model import FoundArrival, FoundRow
from hub.sites import Sites
from protocol.ids import CaseId, FoundId, SiteId, UnitId
from protocol.moment import Moment

found_children = Table(
    "found_children",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("unit", String(130), ForeignKey("units.id"), nullable=False),
    Column("site", String(130), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("captured_earliest", BigInteger, nullable=False),
    Column("captured_latest", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("staff_id", String(16)),
    Column("consent_id", String(32), nullable=False, index=True),
    Column("withdrawal", String(64), nullable=False, index=True),
    Column("sealed_consent", LargeBinary),
    # None once the child has a case, which holds all of it.
    Column("sealed_content", LargeBinary),
    Column("case_id", String(130), ForeignKey("cases.id"), index=True),
    Column("problem", String(64)),
    Column("checked_at", BigInteger),
    Column("checked_by", String(130)),
    CheckConstraint("(checked_at IS NULL) = (checked_by IS NULL)", name="checked"),
)

_C = found_children.c
_NEW = _C.case_id.is_(None) & _C.problem.is_(None) & _C.sealed_content.is_not(None)
_STUCK = _C.case_id.is_(None) & _C.problem.is_not(None) & _C.sealed_content.is_not(None)


def is_known(connection: Connection, found: FoundId) -> bool:
    """Whether a message brought this registration before."""
    return connection.scalar(select(_C.id).where(_C.id == found)) is not None


def add(connection: Connection, arrival: FoundArrival, at: int) -> None:
    """A new registration."""
    found = arrival.found
    connection.execute(
        insert(found_children).values(
            id=found.found_id,
            unit=found.unit,
            site=found.site,
            reference=found.reference,
            captured_at=found.captured.at,
            captured_earliest=found.captured.earliest,
            captured_latest=found.captured.latest,
            received_at=at,
            staff_id=found.staff,
            consent_id=arrival.record_id,
            withdrawal=arrival.withdrawal,
            sealed_consent=arrival.sealed_consent,
            sealed_content=arrival.sealed_content,
        )
    )


def oldest_new(connection: Connection) -> FoundId | None:
    """The oldest registration that has no case yet, and could have one."""
    found = connection.scalar(select(_C.id).where(_NEW).order_by(_C.received_at, _C.id).limit(1))
    return None if found is None else FoundId(found)


def content(connection: Connection, found: FoundId) -> bytes | None:
    """The encrypted message of a registration that has no case yet."""
    return connection.scalar(select(_C.sealed_content).where(_C.id == found, _NEW))


def stuck_content(connection: Connection, found: FoundId) -> bytes | None:
    """The encrypted message of a registration that cannot become a case by itself."""
    return connection.scalar(select(_C.sealed_content).where(_C.id == found, _STUCK))


def take_up(connection: Connection, found: FoundId) -> bool:
    """Somebody deals with a registration that cannot become a case by itself; False: somebody else was faster."""
    freed = update(found_children).where(_C.id == found, _STUCK).values(problem=None)
    return bool(connection.execute(freed).rowcount)


def sealed_consent(connection: Connection, found: FoundId) -> bytes | None:
    """The encrypted record of what permitted it."""
    return connection.scalar(select(_C.sealed_consent).where(_C.id == found))


def set_case(connection: Connection, found: FoundId, case: CaseId, problem: str | None) -> None:
    """The child is on the register; what the message held is in the case."""
    values = {"case_id": case, "problem": problem, "sealed_content": None}
    connection.execute(update(found_children).where(_C.id == found).values(**values))


def set_problem(connection: Connection, found: FoundId, problem: str) -> None:
    """It cannot become a case by itself."""
    connection.execute(update(found_children).where(_C.id == found).values(problem=problem))


def set_checked(connection: Connection, found: FoundId, *, actor: str, at: int) -> None:
    """A case officer has looked at it."""
    connection.execute(update(found_children).where(_C.id == found).values(checked_at=at, checked_by=actor))


def forget(connection: Connection, found: FoundId) -> None:
    """Empty a registration: so much stays that it is not taken in again, and where it came from."""
    values = {"sealed_content": None, "sealed_consent": None, "staff_id": None, "reference": ""}
    connection.execute(update(found_children).where(_C.id == found).values(**values))


def stuck(connection: Connection, until: int, limit: int) -> list[FoundRow]:
    """What came until a moment and could not become a case by itself, the oldest first."""
    query = select(found_children).where(_STUCK, _C.received_at <= until)
    return [_row(row) for row in connection.execute(query.order_by(_C.received_at, _C.id).limit(limit))]


def find(connection: Connection, found: str) -> FoundRow | None:
    """One registration."""
    row = connection.execute(select(found_children).where(_C.id == found)).one_or_none()
    return None if row is None else _row(row)


def of_case(connection: Connection, case: CaseId) -> FoundRow | None:
    """The registration that a case came from."""
    row = connection.execute(select(found_children).where(_C.case_id == case)).one_or_none()
    return None if row is None else _row(row)


def of_withdrawal(connection: Connection, withdrawal: str) -> list[FoundRow]:
    """The registrations of which a receipt is, but those that were forgotten."""
    query = select(found_children).where(_C.withdrawal == withdrawal, _C.sealed_consent.is_not(None))
    return [_row(row) for row in connection.execute(query.order_by(_C.received_at, _C.id))]


def unchecked(connection: Connection, sites: Sites, limit: int) -> list[FoundRow]:
    """What no case officer has checked, the oldest first."""
    query = select(found_children).where(_C.checked_at.is_(None), _C.sealed_consent.is_not(None))
    query = query.where(sites.condition(_C.site)).order_by(_C.received_at, _C.id)
    return [_row(row) for row in connection.execute(query.limit(limit))]


def _row(row: Row[*tuple[Any, ...]]) -> FoundRow:
    return FoundRow(
        id=FoundId(row.id),
        unit=UnitId(row.unit),
        site=SiteId(row.site),
        reference=row.reference,
        captured=Moment(row.captured_at, row.captured_earliest, row.captured_latest),
        received_at=row.received_at,
        staff_id=row.staff_id,
        case_id=None if row.case_id is None else CaseId(row.case_id),
        problem=row.problem,
        checked_at=row.checked_at,
        checked_by=row.checked_by,
    )
