"""The tables of cases. Columns named `sealed_…` hold what `hub.atrest` encrypted for their row."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    exists,
    func,
    insert,
    select,
    update,
)

from hub.cases.model import CaseRecord, CaseStatus, PoorPhotoRecord, TemplateRecord, WaitingPhoto
from hub.db import metadata
from protocol.ids import CaseId, PhotoId, SliceName
from protocol.person import BirthBand, Month, Sex

cases = Table(
    "cases",
    metadata,
    Column("id", String(130), primary_key=True),
    Column("slice", String(130), nullable=False, index=True),
    Column("sealed_reference", LargeBinary, nullable=False),
    Column("reference_index", LargeBinary(32), nullable=False, unique=True),
    Column("sex", String(16), nullable=False),
    Column("born_from", Integer, nullable=False),  # months since the year 0
    Column("born_to", Integer, nullable=False),
    Column("last_seen", Date),
    Column("status", String(16), nullable=False),
    Column("listed_until", Date, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("located_at", BigInteger),
    # Rises with every change of any case, so that the watchlist need not compare everything to see one.
    Column("revision", Integer, nullable=False, unique=True),
    CheckConstraint("status IN ('missing', 'located')", name="status"),
    CheckConstraint("sex IN ('female', 'male', 'unknown')", name="sex"),
    CheckConstraint("born_from <= born_to", name="born"),
    CheckConstraint("(status = 'located') = (located_at IS NOT NULL)", name="located"),
)

case_photos = Table(
    "case_photos",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("case_id", String(130), ForeignKey("cases.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("sealed_original", LargeBinary, nullable=False),
    Column("sealed_portrait", LargeBinary, nullable=False),
    # Of a photograph that was registered although it is poor: the measure that failed, and the operator's reason.
    Column("fault", String(40)),
    Column("sealed_reason", LargeBinary),
    CheckConstraint("(fault IS NULL) = (sealed_reason IS NULL)", name="despite"),
)

case_templates = Table(
    "case_templates",
    metadata,
    Column("photo_id", String(16), ForeignKey("case_photos.id"), primary_key=True),
    Column("pack_digest", LargeBinary(32), primary_key=True),
    Column("sealed_vector", LargeBinary, nullable=False),
)


def insert_case(connection: Connection, case: CaseRecord, reference_index: bytes) -> None:
    """A new case."""
    connection.execute(
        insert(cases).values(
            id=case.id,
            slice=case.slice,
            sealed_reference=case.sealed_reference,
            reference_index=reference_index,
            sex=case.sex,
            born_from=case.birth.earliest.ordinal,
            born_to=case.birth.latest.ordinal,
            last_seen=case.last_seen,
            status=case.status,
            listed_until=case.listed_until,
            registered_at=case.registered_at,
            revision=revision(connection) + 1,
        )
    )


def insert_photo(
    connection: Connection, case: CaseId, photo: PhotoId, position: int, *, original: bytes, portrait: bytes
) -> None:
    """A photograph of a case, both pictures encrypted."""
    connection.execute(
        insert(case_photos).values(
            id=photo, case_id=case, position=position, sealed_original=original, sealed_portrait=portrait
        )
    )


def mark_poor(connection: Connection, poor: PoorPhotoRecord) -> None:
    """Say of a photograph that it was registered although it is poor."""
    query = update(case_photos).where(case_photos.c.id == poor.photo)
    connection.execute(query.values(fault=poor.fault, sealed_reason=poor.sealed_reason))


def poor_photos(connection: Connection, case: CaseId) -> list[PoorPhotoRecord]:
    """A case's photographs that were registered although they are poor."""
    query = select(case_photos).where(case_photos.c.case_id == case, case_photos.c.fault.is_not(None))
    return [PoorPhotoRecord(PhotoId(row.id), row.fault, row.sealed_reason) for row in connection.execute(query)]


def insert_template(connection: Connection, photo: PhotoId, pack_digest: bytes, vector: bytes) -> None:
    """A photograph's encrypted template in one embedding space."""
    connection.execute(insert(case_templates).values(photo_id=photo, pack_digest=pack_digest, sealed_vector=vector))


def insert_template_once(connection: Connection, photo: PhotoId, pack_digest: bytes, vector: bytes) -> bool:
    """As `insert_template`, unless another process was first; whether it was inserted."""
    known = select(case_templates.c.photo_id).where(
        case_templates.c.photo_id == photo, case_templates.c.pack_digest == pack_digest
    )
    if connection.scalar(known) is not None:
        return False
    insert_template(connection, photo, pack_digest, vector)
    return True


def without_template(
    connection: Connection, pack_digest: bytes, case: CaseId | None, passed_over: Collection[PhotoId]
) -> WaitingPhoto | None:
    """A photograph, of one case or any, without a template of a pack; of a missing child first."""
    has = exists().where(case_templates.c.photo_id == case_photos.c.id, case_templates.c.pack_digest == pack_digest)
    query = (
        select(case_photos.c.id, case_photos.c.case_id, case_photos.c.sealed_original)
        .join(cases)
        .where(~has, case_photos.c.id.not_in(passed_over))
        .order_by(cases.c.located_at.is_not(None), case_photos.c.id)
        .limit(1)
    )
    row = connection.execute(query if case is None else query.where(cases.c.id == case)).one_or_none()
    return None if row is None else WaitingPhoto(CaseId(row.case_id), PhotoId(row.id), row.sealed_original)


def templates(connection: Connection, case: CaseId) -> list[TemplateRecord]:
    """A case's templates of every pack, in the order of its photographs."""
    query = (
        select(case_photos.c.id.label("photo"), case_templates.c.pack_digest, case_templates.c.sealed_vector)
        .join_from(case_photos, case_templates)
        .where(case_photos.c.case_id == case)
        .order_by(case_photos.c.position, case_templates.c.pack_digest)
    )
    return [template_record(row) for row in connection.execute(query)]


def touch(connection: Connection, case: CaseId) -> None:
    """Note that what is published of a case may have changed."""
    connection.execute(update(cases).where(cases.c.id == case).values(revision=revision(connection) + 1))


def find_by_reference(connection: Connection, reference_index: bytes) -> str | None:
    """The case that has a reference, by its blind index."""
    return connection.scalar(select(cases.c.id).where(cases.c.reference_index == reference_index))


def find(connection: Connection, case: CaseId) -> CaseRecord | None:
    """A case's row."""
    row = connection.execute(select(cases).where(cases.c.id == case)).one_or_none()
    return None if row is None else record_of(row)


def all_cases(connection: Connection) -> list[CaseRecord]:
    """Every case, newest first."""
    rows = connection.execute(select(cases).order_by(cases.c.registered_at.desc(), cases.c.id))
    return [record_of(row) for row in rows]


def photos(connection: Connection, case: CaseId) -> tuple[PhotoId, ...]:
    """A case's photographs in the order they were given."""
    query = select(case_photos.c.id).where(case_photos.c.case_id == case).order_by(case_photos.c.position)
    return tuple(connection.scalars(query))


def sealed_portrait(connection: Connection, case: CaseId, photo: PhotoId) -> bytes | None:
    """The encrypted portrait of one of a case's photographs."""
    query = select(case_photos.c.sealed_portrait)
    return connection.scalar(query.where(case_photos.c.id == photo, case_photos.c.case_id == case))


def locate(connection: Connection, case: CaseId, at: int) -> bool:
    """Whether the case was missing until now."""
    return _change(connection, case, status=CaseStatus.LOCATED, located_at=at)


def relist(connection: Connection, case: CaseId, until: date) -> bool:
    """Whether the case is missing, so that it could be listed longer."""
    return _change(connection, case, listed_until=until)


def revision(connection: Connection) -> int:
    """Rises with every change; 0 while there is no case."""
    return connection.scalar(select(func.coalesce(func.max(cases.c.revision), 0))) or 0


def count(connection: Connection, status: CaseStatus) -> int:
    """How many cases have a status."""
    return connection.scalar(select(func.count()).select_from(cases).where(cases.c.status == status)) or 0


def _change(connection: Connection, case: CaseId, **columns: object) -> bool:
    query = update(cases).where(cases.c.id == case, cases.c.status == CaseStatus.MISSING)
    return connection.execute(query.values(**columns, revision=revision(connection) + 1)).rowcount == 1


def record_of(row: Row[*tuple[Any, ...]]) -> CaseRecord:
    """A row of `cases`."""
    return CaseRecord(
        id=CaseId(row.id),
        slice=SliceName(row.slice),
        sealed_reference=row.sealed_reference,
        sex=Sex(row.sex),
        birth=BirthBand(Month.from_ordinal(row.born_from), Month.from_ordinal(row.born_to)),
        last_seen=row.last_seen,
        status=CaseStatus(row.status),
        listed_until=row.listed_until,
        registered_at=row.registered_at,
    )


def template_record(row: Row[*tuple[Any, ...]]) -> TemplateRecord:
    """A row with a template and its photograph's identifier."""
    return TemplateRecord(PhotoId(row.photo), row.pack_digest, row.sealed_vector)
