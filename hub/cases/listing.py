"""What is on the lists of units, read without what need not be decrypted."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, LargeBinary, literal, select

from hub.cases.model import CaseRecord, CaseState, TemplateRecord
from hub.cases.photo_store import template_record
from hub.cases.store import record_of
from hub.cases.tables import case_photos, case_templates, cases
from hub.cases.templates import of_pack
from protocol.ids import CaseId, SliceName

Listed = tuple[CaseRecord, Sequence[TemplateRecord]]


def listed_digests(
    connection: Connection, name: SliceName, today: date, only_pack: bytes | None
) -> dict[CaseId, bytes]:
    """The cases that units may search for today, by case, each with a digest of what its entry is made from.

    `only_pack`: whose templates units are given where there is one; None for those of every pack.
    """
    nothing = literal(b"", LargeBinary).label("sealed_vector")
    wanted = cases.c.slice == name, cases.c.state == CaseState.OPEN, cases.c.listed_until >= today
    found = _read(connection, nothing, *wanted)
    return {case.id: _digest(case, _of_pack(templates, only_pack)) for case, templates in found}


def entries(connection: Connection, wanted: Sequence[CaseId], only_pack: bytes | None) -> list[Listed]:
    """Cases with their templates, in the order given; those that have none are left out."""
    found = {
        case.id: (case, _of_pack(templates, only_pack))
        for case, templates in _read(connection, case_templates.c.sealed_vector, cases.c.id.in_(wanted))
    }
    return [found[case] for case in wanted if case in found]


def _read(
    connection: Connection, vector: ColumnElement[bytes], *conditions: ColumnElement[bool]
) -> Iterator[tuple[CaseRecord, list[TemplateRecord]]]:
    """By case, each with its templates in the order of its photographs."""
    query = (
        select(cases, case_photos.c.id.label("photo"), case_templates.c.pack_digest, vector)
        .join(case_photos, case_photos.c.case_id == cases.c.id)
        .join(case_templates, case_templates.c.photo_id == case_photos.c.id)
        .where(*conditions)
        .order_by(cases.c.id, case_photos.c.position, case_templates.c.pack_digest)
    )
    for _, group in groupby(connection.execute(query), key=lambda row: row.id):
        rows = list(group)
        yield record_of(rows[0]), [template_record(row) for row in rows]


def _of_pack(templates: Sequence[TemplateRecord], only_pack: bytes | None) -> Sequence[TemplateRecord]:
    return templates if only_pack is None else of_pack(only_pack, templates)


def _digest(case: CaseRecord, templates: Sequence[TemplateRecord]) -> bytes:
    # A photograph's template of a pack never changes, so that their names stand for them.
    facts = [case.sex, case.birth.earliest, case.birth.latest, case.last_seen, case.listed_until]
    names = [f"{template.photo}/{template.pack_digest.hex()}" for template in templates]
    return hashlib.sha256("|".join(map(str, [*facts, *names])).encode()).digest()
