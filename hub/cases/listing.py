"""What is on the lists of units, read without what need not be decrypted."""

import hashlib
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, select

from hub.cases.model import CaseRecord, CaseState, TemplateRecord
from hub.cases.photo_store import template_record
from hub.cases.reading import CaseReader
from hub.cases.store import record_of
from hub.cases.tables import case_photos, case_templates, cases
from hub.clock import Clock, utc_day
from protocol.ids import CaseId, PhotoId, SliceName
from protocol.watchlist import EntryTemplate, WatchlistEntry


class Listing:
    """The cases that units search for: missing children whose listing has not run out."""

    def __init__(self, reader: CaseReader, pack_digest: bytes, clock: Clock) -> None:
        """`pack_digest`: of the pack that the hub runs; `clock`: by which listings run out."""
        self._reader = reader
        self._pack_digest = pack_digest
        self._clock = clock

    def day(self) -> date:
        """Today."""
        return utc_day(self._clock())

    def digests(self, connection: Connection, name: SliceName, *, every_pack: bool) -> dict[CaseId, bytes]:
        """A slice's cases today. The digest of a case is another when its entry is.

        With `every_pack`, entries have the templates of every pack, for units that still run another than the hub.
        Without it, those of the hub's pack; of a photograph that it cannot read, what there is.
        """
        # Of a long list this is read for every publication: no record is made of a row, and nothing deciphered.
        columns = cases.c.sex, cases.c.born_from, cases.c.born_to, cases.c.last_seen, cases.c.listed_until
        query = (
            _joined(cases.c.id, *columns, case_photos.c.id.label("photo"), case_templates.c.pack_digest)
            .where(cases.c.slice == name, cases.c.state == CaseState.OPEN)
            .where(cases.c.listed_until >= self.day())
        )
        digests = {}
        for case, group in groupby(connection.execute(query), key=lambda row: row.id):
            rows = list(group)
            templates = [TemplateRecord(PhotoId(row.photo), row.pack_digest, b"") for row in rows]
            # A photograph's template of a pack never changes, so that their names stand for them.
            names = (f"{one.photo}/{one.pack_digest.hex()}" for one in self._given(templates, every_pack))
            facts = map(str, rows[0][1 : 1 + len(columns)])
            digests[CaseId(case)] = hashlib.sha256("|".join((*facts, *names)).encode()).digest()
        return digests

    def entries(self, connection: Connection, wanted: Sequence[CaseId], *, every_pack: bool) -> list[WatchlistEntry]:
        """Cases' entries, in the order given; a case without a template is left out."""
        query = _joined(
            cases, case_photos.c.id.label("photo"), case_templates.c.pack_digest, case_templates.c.sealed_vector
        )
        found = {}
        for case, group in groupby(connection.execute(query.where(cases.c.id.in_(wanted))), key=lambda row: row.id):
            rows = list(group)
            templates = self._given([template_record(row) for row in rows], every_pack)
            found[CaseId(case)] = self._entry(record_of(rows[0]), templates)
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


def _joined(*columns: Any) -> Select[Any]:
    """By case, a row for each template, in the order of the photographs."""
    return (
        select(*columns)
        .join_from(cases, case_photos, case_photos.c.case_id == cases.c.id)
        .join(case_templates, case_templates.c.photo_id == case_photos.c.id)
        .order_by(cases.c.id, case_photos.c.position, case_templates.c.pack_digest)
    )
