"""Reading and writing cases' rows."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from hub.cases.model import CaseRecord, CaseState, Purpose, Reason, Register, Risk
from hub.cases.tables import case_events, case_names, case_views, cases
from protocol.ids import CaseId, SliceName
from protocol.person import BirthBand, Sex
from protocol.sighting import LegalBasis


def insert_case(connection: Connection, case: CaseRecord, *, reference: bytes, number: bytes) -> None:
    """A new case with the blind indexes of its reference, with its station and alone."""
    columns = _columns(case) | {"reference_index": reference, "number_index": number}
    connection.execute(insert(cases).values(id=case.id, revision=revision(connection) + 1, **columns))


def update_case(connection: Connection, case: CaseRecord, *, reference: bytes | None, number: bytes | None) -> None:
    """Everything that is known of a case, anew."""
    columns = _columns(case) | {"reference_index": reference, "number_index": number}
    connection.execute(update(cases).where(cases.c.id == case.id).values(revision=revision(connection) + 1, **columns))


def find(connection: Connection, case: CaseId, *, lock: bool = False) -> CaseRecord | None:
    """A case's row; with `lock`, no other transaction changes it until this one ends."""
    query = select(cases).where(cases.c.id == case)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else record_of(row)


def find_all(connection: Connection, wanted: Collection[CaseId]) -> list[CaseRecord]:
    """Those of the cases that there are."""
    return [record_of(row) for row in connection.execute(select(cases).where(cases.c.id.in_(wanted)))]


def all_cases(connection: Connection) -> list[CaseRecord]:
    """Every case, newest first."""
    rows = connection.execute(select(cases).order_by(cases.c.registered_at.desc(), cases.c.id))
    return [record_of(row) for row in rows]


def open_cases(connection: Connection, register: Register, after: str, limit: int) -> list[CaseRecord]:
    """Some of the cases of a register that are searched for, by identifier."""
    searched = cases.c.register == register, cases.c.state == CaseState.OPEN, cases.c.id > after
    query = select(cases).where(*searched).order_by(cases.c.id).limit(limit)
    return [record_of(row) for row in connection.execute(query)]


def changed_cases(connection: Connection, since: int, limit: int) -> list[tuple[CaseRecord, int]]:
    """The open cases that changed after a revision, each with its own, in the order of their changes."""
    query = select(cases).where(cases.c.revision > since, cases.c.state == CaseState.OPEN)
    rows = connection.execute(query.order_by(cases.c.revision).limit(limit))
    return [(record_of(row), row.revision) for row in rows]


def find_by_reference(connection: Connection, reference_index: bytes) -> CaseId | None:
    """The case that has a reference, by its blind index."""
    found = connection.scalar(select(cases.c.id).where(cases.c.reference_index == reference_index))
    return None if found is None else CaseId(found)


def with_number(connection: Connection, number_index: bytes) -> list[CaseId]:
    """The cases that have a reference, whatever the station."""
    query = select(cases.c.id).where(cases.c.number_index == number_index).order_by(cases.c.id)
    return [CaseId(found) for found in connection.scalars(query)]


def merged_cases(connection: Connection, case: CaseId) -> list[CaseId]:
    """The cases that went into one, by identifier."""
    query = select(cases.c.id).where(cases.c.merged_into == case).order_by(cases.c.id)
    return [CaseId(found) for found in connection.scalars(query)]


def relist(connection: Connection, case: CaseId, until: date, at: int) -> None:
    """List a case for longer."""
    query = update(cases).where(cases.c.id == case)
    connection.execute(query.values(listed_until=until, renewed_at=at, revision=revision(connection) + 1))


def set_state(connection: Connection, case: CaseId, state: CaseState, at: int, into: CaseId | None = None) -> None:
    """A case's new state; `into`: the case it was merged into."""
    columns: dict[str, object] = {"state": state, "state_at": at, "revision": revision(connection) + 1}
    if into is not None:
        columns["merged_into"] = into
    connection.execute(update(cases).where(cases.c.id == case).values(**columns))


def add_event(
    connection: Connection, case: CaseId, *, at: int, actor: str, state: CaseState, reason: Reason, note: bytes | None
) -> None:
    """Who changed a case, when and why."""
    connection.execute(
        insert(case_events).values(case_id=case, at=at, actor=actor, state=state, reason=reason, sealed_note=note)
    )


def events(connection: Connection, case: CaseId) -> Sequence[Row[tuple[Any, ...]]]:
    """Rows of (at, actor, state, reason, sealed_note), oldest first."""
    return connection.execute(select(case_events).where(case_events.c.case_id == case).order_by(case_events.c.id)).all()


def note_view(connection: Connection, case: CaseId, operator: int, purpose: str, *, at: int, lasts: int) -> bool:
    """Note that a person looks at a case; whether it is a look of its own, and not still the one of `lasts` ago."""
    same = (case_views.c.case_id == case) & (case_views.c.operator_id == operator) & (case_views.c.purpose == purpose)
    if connection.scalar(select(exists().where(same, case_views.c.noted_at > at - lasts))):
        return False
    connection.execute(delete(case_views).where(same))
    connection.execute(insert(case_views).values(case_id=case, operator_id=operator, purpose=purpose, noted_at=at))
    return True


def empty(connection: Connection, case: CaseRecord) -> dict[str, int]:
    """Take everything that describes a child from a case; how many of each were removed."""
    of_case = case_events.c.case_id == case.id
    notes = connection.execute(
        update(case_events).where(of_case, case_events.c.sealed_note.is_not(None)).values(sealed_note=None)
    )
    names = connection.execute(delete(case_names).where(case_names.c.case_id == case.id))
    connection.execute(delete(case_views).where(case_views.c.case_id == case.id))
    years = {
        "born_from": case.birth.earliest.year * 12,
        "born_to": case.birth.latest.year * 12 + 11,
        "last_seen": None,
        "basis_until": None,
    }
    nothing = dict.fromkeys(
        ("sealed_reference", "reference_index", "number_index", "sealed_description", "sealed_basis_reference")
    )
    connection.execute(update(cases).where(cases.c.id == case.id).values(**years, **nothing))
    return {"names": names.rowcount, "notes": notes.rowcount}


def revision(connection: Connection) -> int:
    """Rises with every change; 0 while there is no case."""
    return connection.scalar(select(func.coalesce(func.max(cases.c.revision), 0))) or 0


def touch(connection: Connection, case: CaseId) -> None:
    """Note that what is published or searched of a case may have changed."""
    connection.execute(update(cases).where(cases.c.id == case).values(revision=revision(connection) + 1))


def count(connection: Connection, register: Register, state: CaseState) -> int:
    """How many cases of a register have a state."""
    query = select(func.count()).select_from(cases).where(cases.c.register == register, cases.c.state == state)
    return connection.scalar(query) or 0


def _columns(case: CaseRecord) -> dict[str, object]:
    return {
        "register": case.register,
        "state": case.state,
        "state_at": case.state_at,
        "merged_into": case.merged_into,
        "site": case.site,
        "slice": case.slice,
        "sealed_reference": case.sealed_reference,
        "sealed_description": case.sealed_description,
        "sealed_basis_reference": case.sealed_basis_reference,
        "sex": case.sex,
        "born_from": case.birth.earliest.ordinal,
        "born_to": case.birth.latest.ordinal,
        "last_seen": case.last_seen,
        "risk": case.risk,
        "ground": case.ground,
        "purposes": " ".join(sorted(case.purposes)),
        "basis_until": case.basis_until,
        "listed_until": case.listed_until,
        "registered_at": case.registered_at,
        "renewed_at": case.renewed_at,
    }


def record_of(row: Row[*tuple[Any, ...]]) -> CaseRecord:
    """A row of `cases` as a value."""
    return CaseRecord(
        id=CaseId(row.id),
        register=Register(row.register),
        state=CaseState(row.state),
        site=row.site,
        slice=None if row.slice is None else SliceName(row.slice),
        sealed_reference=row.sealed_reference,
        sealed_description=row.sealed_description,
        sealed_basis_reference=row.sealed_basis_reference,
        sex=Sex(row.sex),
        birth=BirthBand.of_ordinals(row.born_from, row.born_to),
        last_seen=row.last_seen,
        risk=Risk(row.risk),
        ground=LegalBasis(row.ground),
        purposes=frozenset(map(Purpose, row.purposes.split())),
        basis_until=row.basis_until,
        listed_until=row.listed_until,
        registered_at=row.registered_at,
        renewed_at=row.renewed_at,
        state_at=row.state_at,
        merged_into=None if row.merged_into is None else CaseId(row.merged_into),
    )
