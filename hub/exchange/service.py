"""Cases in and out of the hub as files. What comes in is taken as a whole or not at all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from faults import RejectedError, Sentence
from hub.audit.service import AuditAction, entries, record
from hub.cases.service import (
    Basis,
    CaseFile,
    CaseService,
    CaseState,
    Filters,
    GivenPhoto,
    NewCase,
    ReadPhoto,
    reference_key,
)
from hub.clock import Clock, utc_day
from hub.db import Database
from hub.exchange import pfif, store, table
from hub.exchange.dossier import make_dossier, new_passphrase
from hub.exchange.model import (
    Dossier,
    Draft,
    ExportTooLongError,
    FileRejectedError,
    ImportReport,
    Problem,
    Recipient,
    SharingError,
)
from hub.sites import EVERY_SITE, Sites
from protocol.ids import CaseId, HubId, SliceName
from protocol.person import Month

__all__ = [
    "Dossier",
    "ExchangeService",
    "ExportTooLongError",
    "FileRejectedError",
    "ImportReport",
    "Problem",
    "ReadFile",
    "Recipient",
    "SharingError",
]

ReadFile = Callable[[str], bytes]
"""A photograph's bytes by the name that a line gives. Raises RejectedError where there is no such file."""


class ExchangeService:
    """Imports and exports of one hub."""

    def __init__(
        self,
        database: Database,
        cases: CaseService,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        domain: str,
        default_slice: SliceName,
    ) -> None:
        """`domain`: what names this hub in the identifiers of PFIF."""
        self._database = database
        self._cases = cases
        self._clock = clock
        self._entropy = entropy
        self._hub = hub
        self._domain = domain
        self._default_slice = default_slice

    def template(self) -> bytes:
        """An empty CSV file with every column."""
        return table.template()

    def read_form(self, cells: Mapping[str, str]) -> tuple[NewCase | None, tuple[Problem, ...]]:
        """A case as people type it into the columns' fields, or every problem of it."""
        drafts, problems = table.read_one(cells, self._default_slice)
        return (drafts[0].case if drafts else None), tuple(problems)

    def as_form(self, file: CaseFile) -> dict[str, str]:
        """A case in the columns' fields, to be changed."""
        return table.line_of(file)

    def guardian_fields(self, cells: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """The form's fields for guardians, each a name, a relation and a telephone: one more than are filled in."""
        return table.guardian_fields(cells)

    def import_csv(
        self, data: bytes, read_file: ReadFile, actor: str, *, dry_run: bool, sites: Sites = EVERY_SITE
    ) -> ImportReport:
        """Register the cases of a CSV file; every problem of every line, and no case where there is one.

        `sites`: where whoever imports works; lines of other sites are problems. Raises FileRejectedError.
        """
        drafts, problems = table.read(data, self._default_slice)
        foreign = [draft.line for draft in drafts if not sites.include(draft.case.site)]
        problems += [Problem(line, "site", Sentence("This is not a site of yours.")) for line in foreign]
        drafts = [draft for draft in drafts if sites.include(draft.case.site)]
        return self._take(drafts, problems, read_file, actor, dry_run=dry_run, kind="csv")

    def import_pfif(self, data: bytes, basis: Basis, actor: str, *, dry_run: bool) -> ImportReport:
        """Register the persons of a PFIF document; a line is a person. Raises FileRejectedError."""
        drafts, problems, photos = pfif.read(data, basis, self._default_slice, self._clock())
        report = self._take(drafts, problems, _no_files, actor, dry_run=dry_run, kind="pfif")
        return ImportReport(report.lines, report.problems, report.cases, photos)

    def export_csv(self, connection: Connection, filters: Filters, actor: str) -> bytes:
        """The cases that filters find, in the columns of the import, without photographs.

        Of erased cases there is nothing to write. Raises ExportTooLongError, having exported none.
        """
        today = utc_day(self._clock())
        lines = self._cases.search.every(connection, filters, Month(today.year, today.month))
        found = [line.summary.id for line in lines if line.summary.state is not CaseState.ERASED]
        if len(found) > table.MAX_LINES:
            raise ExportTooLongError(
                "These are {count} cases, and a file takes {most}. Choose fewer with the filters.",
                count=len(found),
                most=table.MAX_LINES,
            )
        files = [self._cases.reader.file(connection, case) for case in found]
        self._note(connection, files, actor, "csv")
        return table.write(files)

    def export_pfif(self, connection: Connection, wanted: Sequence[CaseFile], actor: str) -> bytes:
        """Cases for another service of missing persons. Raises SharingError, having exported none."""
        document = pfif.write(list(wanted), self._domain, self._clock())
        self._note(connection, wanted, actor, "pfif")
        return document

    def new_passphrase(self) -> str:
        """For the copy of a case; shown once, and kept nowhere."""
        return new_passphrase(self._entropy)

    def dossier(
        self, connection: Connection, file: CaseFile, recipient: Recipient, passphrase: str, actor: str
    ) -> Dossier:
        """The whole of one case, encrypted; who got it when is kept with the case. Raises FileRejectedError."""
        case = file.summary.id
        photographs = {facts.id: self._cases.original(case, facts.id) for facts in file.photos}
        made = make_dossier(file, photographs, entries(connection, case), recipient, passphrase)
        self._note(connection, [file], actor, str(recipient))
        return made

    def copies_of(self, connection: Connection, case: CaseId) -> int:
        """How many copies of a case were handed out."""
        return store.count(connection, case)

    def _note(self, connection: Connection, files: Sequence[CaseFile], actor: str, kind: str) -> None:
        now = self._clock()
        for file in files:
            case = file.summary.id
            store.note_export(connection, case, recipient=kind, actor=actor, at=now)
            record(connection, AuditAction.CASE_EXPORTED, actor=actor, subject=case, at=now, format=kind)

    def _take(
        self,
        drafts: Sequence[Draft],
        problems: Sequence[Problem],
        read_file: ReadFile,
        actor: str,
        *,
        dry_run: bool,
        kind: str,
    ) -> ImportReport:
        lines = len({*(draft.line for draft in drafts), *(problem.line for problem in problems)})
        repeated = list(_repeated(drafts))
        found = [*problems, *repeated]
        again = {problem.line for problem in repeated}
        pictures = {draft.line: self._pictures(draft, read_file, found) for draft in drafts}
        cases: list[CaseId] = []
        with self._database.begin() as connection, connection.begin_nested() as savepoint:
            for draft in (one for one in drafts if one.line not in again):
                try:
                    self._cases.registrar.check(draft.case)
                    cases.append(self._cases.registrar.add(connection, draft.case, pictures[draft.line], actor))
                except RejectedError as error:
                    found.append(Problem(draft.line, "", error.sentence))
            if found or dry_run:
                savepoint.rollback()
                cases = []
            else:
                self._note_import(connection, actor, len(cases), kind)
        return ImportReport(lines, tuple(sorted(found, key=lambda one: one.line)), tuple(cases))

    def _pictures(self, draft: Draft, read_file: ReadFile, found: list[Problem]) -> list[ReadPhoto]:
        taken_on = date.fromisoformat(draft.taken_on) if draft.taken_on else None
        try:
            given = [GivenPhoto(read_file(name), taken_on, draft.source) for name in draft.photos]
            return self._cases.registrar.photographs.read(given)
        except RejectedError as error:
            found.append(Problem(draft.line, "photos", error.sentence))
            return []

    def _note_import(self, connection: Connection, actor: str, cases: int, kind: str) -> None:
        now = self._clock()
        record(connection, AuditAction.CASES_IMPORTED, actor=actor, subject=self._hub, at=now, cases=cases, format=kind)


def _repeated(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """The lines with a reference that an earlier line has."""
    first: dict[str, int] = {}
    for draft in drafts:
        line = first.setdefault(reference_key(draft.case.reference, draft.case.description.station), draft.line)
        if line != draft.line:
            reason = Sentence(
                "Line {line} has the same reference. Add the police station to tell them apart.", line=line
            )
            yield Problem(draft.line, "reference", reason)


def _no_files(_name: str) -> bytes:
    raise FileRejectedError("Such a file brings no photographs.")
