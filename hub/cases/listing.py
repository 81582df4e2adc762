"""What is on the lists of units, read without what need not be decrypted."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, LargeBinary, literal, select

from hub.cases.model import CaseRecord, CaseState, TemplateRecord
from hub.cases.photo_store import template_record
from hub.cases.reading import CaseReader
from hub.cases.store import record_of
from hub.cases.tables import case_photos, case_templates, cases
from hub.clock import Clock, utc_day
from protocol.ids import CaseId, SliceName
from protocol.watchlist import EntryTemplate, WatchlistEntry


class Listing:
    """The cases that units search for: missing children whose listing has not run out."""

    def __init__(self, reader: CaseReader, pack_digest: bytes, clock: Clock) -> None:
        """`pack_digest`: of the pack that the hub runs."""
        self._reader = reader
        self._pack_digest = pack_digest
        self._clock = clock

    def digests(self, connection: Connection, name: SliceName, *, every_pack: bool) -> dict[CaseId, bytes]:
        """A slice's cases today. The digest of a case is another when its entry is.

        With `every_pack`, entries have the templates of every pack, for units that still run another than the hub.
        Without it, those of the hub's pack; of a photograph that it cannot read, what there is.
        """
        nothing = literal(b"", LargeBinary).label("sealed_vector")
        today = utc_day(self._clock())
        wanted = cases.c.slice == name, cases.c.state == CaseState.OPEN, cases.c.listed_until >= today
        found = _read(connection, nothing, *wanted)
        return {case.id: _digest(case, self._given(templates, every_pack)) for case, templates in found}

    def entries(self, connection: Connection, wanted: Sequence[CaseId], *, every_pack: bool) -> list[WatchlistEntry]:
        """Cases' entries, in the order given; a case without a template is left out."""
        found = {
            case.id: self._entry(case, self._given(templates, every_pack))
            for case, templates in _read(connection, case_templates.c.sealed_vector, cases.c.id.in_(wanted))
        }
        return [found[case] for case in wanted if case in found]

    def _given(self, templates: Sequence[TemplateRecord], every_pack: bool) -> Sequence[TemplateRecord]:
        return templates if every_pack else of_pack(self._pack_digest, templates)

    def _entry(self, case: CaseRecord, templates: Sequence[TemplateRecord]) -> WatchlistEntry:
        return WatchlistEntry(
            case=case.id,
            sex=case.sex,
            birth=case.birth,
            last_seen=case.last_seen,
            expires=case.listed_until,
            templates=tuple(
                EntryTemplate(
                    one.photo, one.pack_digest, self._reader.vector(one.photo, one.pack_digest, one.sealed_vector)
                )
                for one in templates
            ),
        )


def of_pack(pack: bytes, templates: Sequence[TemplateRecord]) -> list[TemplateRecord]:
    """One pack's templates; of a photograph that it cannot read, those that there are."""
    readable = {template.photo for template in templates if template.pack_digest == pack}
    return [template for template in templates if template.pack_digest == pack or template.photo not in readable]


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


def _digest(case: CaseRecord, templates: Sequence[TemplateRecord]) -> bytes:
    # A photograph's template of a pack never changes, so that their names stand for them.
    facts = [case.sex, case.birth.earliest, case.birth.latest, case.last_seen, case.listed_until]
    names = [f"{template.photo}/{template.pack_digest.hex()}" for template in templates]
    return hashlib.sha256("|".join(map(str, [*facts, *names])).encode()).digest()
