"""Reading and writing the rows of cases' photographs and their templates."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from hub.cases.model import PhotoRow, Register, TemplateRecord, WaitingPhoto
from hub.cases.tables import case_photos, case_templates, cases
from protocol.ids import CaseId, PhotoId
from protocol.person import BirthBand, Sex


def insert_photo(
    connection: Connection, case: CaseId, photo: PhotoRow, *, position: int, original: bytes, portrait: bytes
) -> None:
    """A photograph of a case, everything of it encrypted but its dates."""
    connection.execute(
        insert(case_photos).values(
            id=photo.id,
            case_id=case,
            position=position,
            sealed_original=original,
            sealed_portrait=portrait,
            taken_on=photo.taken_on,
            sealed_source=photo.sealed_source,
            added_at=photo.added_at,
            fault=photo.fault,
            sealed_reason=photo.sealed_reason,
        )
    )


def photo_rows(connection: Connection, case: CaseId) -> list[PhotoRow]:
    """A case's photographs in the order they were given, without those that were purged."""
    return photo_rows_of(connection, [case])[case]


def photo_rows_of(connection: Connection, wanted: Sequence[CaseId]) -> dict[CaseId, list[PhotoRow]]:
    """The same for several cases, at most some hundreds."""
    kept = (
        select(
            case_photos.c.case_id,
            case_photos.c.id,
            case_photos.c.taken_on,
            case_photos.c.added_at,
            case_photos.c.fault,
            case_photos.c.sealed_source,
            case_photos.c.sealed_reason,
        )
        .where(case_photos.c.case_id.in_(wanted), case_photos.c.sealed_original.is_not(None))
        .order_by(case_photos.c.position)
    )
    found: dict[CaseId, list[PhotoRow]] = {case: [] for case in wanted}
    for row in connection.execute(kept):
        one = PhotoRow(PhotoId(row.id), row.taken_on, row.added_at, row.fault, row.sealed_source, row.sealed_reason)
        found[CaseId(row.case_id)].append(one)
    return found


def next_position(connection: Connection, case: CaseId) -> int:
    """The place after a case's last photograph."""
    query = select(func.coalesce(func.max(case_photos.c.position) + 1, 0)).where(case_photos.c.case_id == case)
    return connection.scalar(query) or 0


def sealed_picture(connection: Connection, case: CaseId, photo: PhotoId, column: str) -> bytes | None:
    """One of a photograph's encrypted pictures: `portrait` or `original`."""
    query = select(case_photos.c[f"sealed_{column}"])
    return connection.scalar(query.where(case_photos.c.id == photo, case_photos.c.case_id == case))


def fault(connection: Connection, photo: PhotoId) -> str | None:
    """The measure in which a photograph is poor."""
    return connection.scalar(select(case_photos.c.fault).where(case_photos.c.id == photo))


def belongs(connection: Connection, case: CaseId, photo: PhotoId) -> bool:
    """Whether a photograph is a case's, purged or not."""
    query = select(exists().where(case_photos.c.id == photo, case_photos.c.case_id == case))
    return bool(connection.scalar(query))


def insert_template(connection: Connection, photo: PhotoId, pack_digest: bytes, vector: bytes) -> None:
    """A photograph's encrypted template in one embedding space."""
    connection.execute(insert(case_templates).values(photo_id=photo, pack_digest=pack_digest, sealed_vector=vector))


def insert_template_once(connection: Connection, photo: PhotoId, pack_digest: bytes, vector: bytes) -> bool:
    """As `insert_template`, unless another process was first or the photograph is gone; whether it was inserted."""
    known = exists().where(case_templates.c.photo_id == photo, case_templates.c.pack_digest == pack_digest)
    there = exists().where(case_photos.c.id == photo, case_photos.c.sealed_original.is_not(None))
    if not connection.scalar(select(there & ~known)):
        return False
    insert_template(connection, photo, pack_digest, vector)
    return True


def without_template(
    connection: Connection, pack_digest: bytes, case: CaseId | None, passed_over: Collection[PhotoId]
) -> WaitingPhoto | None:
    """A photograph, of one case or any, without a template of a pack; of a case that is searched for first."""
    has = exists().where(case_templates.c.photo_id == case_photos.c.id, case_templates.c.pack_digest == pack_digest)
    query = (
        select(case_photos.c.id, case_photos.c.case_id, case_photos.c.sealed_original)
        .join(cases, cases.c.id == case_photos.c.case_id)
        .where(~has, case_photos.c.sealed_original.is_not(None), case_photos.c.id.not_in(passed_over))
        .order_by(cases.c.state != "open", case_photos.c.id)
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


def open_templates(
    connection: Connection, register: Register, pack_digest: bytes
) -> list[tuple[CaseId, Sex, BirthBand, TemplateRecord]]:
    """Every template of one pack of the cases of a register that are searched for, by case and photograph."""
    query = (
        select(
            cases.c.id.label("case_id"),
            cases.c.sex,
            cases.c.born_from,
            cases.c.born_to,
            case_photos.c.id.label("photo"),
            case_templates.c.pack_digest,
            case_templates.c.sealed_vector,
        )
        .join_from(cases, case_photos, case_photos.c.case_id == cases.c.id)
        .join(case_templates, case_templates.c.photo_id == case_photos.c.id)
        .where(cases.c.register == register, cases.c.state == "open", case_templates.c.pack_digest == pack_digest)
        .order_by(cases.c.id, case_photos.c.position)
    )
    return [
        (CaseId(row.case_id), Sex(row.sex), BirthBand.of_ordinals(row.born_from, row.born_to), template_record(row))
        for row in connection.execute(query)
    ]


def move(connection: Connection, old: CaseId, new: CaseId) -> int:
    """Give one case's photographs to another, behind those it has; how many there were."""
    first = next_position(connection, new)
    query = update(case_photos).where(case_photos.c.case_id == old, case_photos.c.sealed_original.is_not(None))
    return connection.execute(query.values(case_id=new, position=case_photos.c.position + first)).rowcount


def purge(connection: Connection, case: CaseId, photo: PhotoId | None = None) -> dict[str, int]:
    """Remove the pictures and templates of one or of every photograph of a case; how many of each there were."""
    of_case = case_photos.c.case_id == case
    if photo is not None:
        of_case &= case_photos.c.id == photo
    photos = select(case_photos.c.id).where(of_case)
    templates = connection.execute(delete(case_templates).where(case_templates.c.photo_id.in_(photos)))
    pictures = ("sealed_original", "sealed_portrait", "taken_on", "sealed_source", "fault", "sealed_reason")
    purged = connection.execute(
        update(case_photos).where(of_case, case_photos.c.sealed_original.is_not(None)).values(dict.fromkeys(pictures))
    )
    return {"photographs": purged.rowcount, "templates": templates.rowcount}


def template_record(row: Row[*tuple[Any, ...]]) -> TemplateRecord:
    """A row with `photo`, `pack_digest` and `sealed_vector` as a value."""
    return TemplateRecord(PhotoId(row.photo), row.pack_digest, row.sealed_vector)
