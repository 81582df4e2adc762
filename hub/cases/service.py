"""The two registers of a hub, as other rooms and the desk use them. Every change leaves an audit entry in its own
transaction."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import photo_store, store
from hub.cases.changes import CaseChanges, Due, Retention
from hub.cases.description import MAX_ITEMS, Build, Complexion, Contact, Description, DescriptionError, Mark
from hub.cases.duplicates import Duplicates, Likeness, Suggestion
from hub.cases.errors import CaseError, UnknownCaseError, unknown
from hub.cases.lifecycle import SEARCHED, WITH_FACES, TransitionError, reasons
from hub.cases.listing import Listing
from hub.cases.model import (
    Basis,
    CaseEvent,
    CaseFile,
    CaseRecord,
    CaseState,
    CaseSummary,
    GivenPhoto,
    NewCase,
    PhotoFacts,
    Purpose,
    Reason,
    Register,
    Risk,
    SearchedTemplate,
)
from hub.cases.photo_intake import MAX_PHOTOGRAPHS, PhotoIntake, ReadPhoto
from hub.cases.photographs import PhotographError, PhotographReader, PoorPhotographError
from hub.cases.reading import CaseReader
from hub.cases.registering import Registrar
from hub.cases.sealing import reference_key
from hub.cases.search import CaseSearch, Cursor, CursorError, Filters, Line, Page
from hub.cases.templates import Completion, TemplateMaker
from hub.clock import MINUTE, Clock
from hub.db import Database
from protocol.found import BodyPart
from protocol.ids import CaseId, HubId, PhotoId, SliceName
from protocol.watchlist import EntryTemplate, WatchlistEntry

__all__ = [
    "MAX_ITEMS",
    "MAX_PHOTOGRAPHS",
    "SEARCHED",
    "WITH_FACES",
    "Basis",
    "BodyPart",
    "Build",
    "CaseChanges",
    "CaseError",
    "CaseEvent",
    "CaseFile",
    "CaseReader",
    "CaseRecord",
    "CaseSearch",
    "CaseService",
    "CaseState",
    "CaseSummary",
    "Completion",
    "Complexion",
    "Contact",
    "Cursor",
    "CursorError",
    "Description",
    "DescriptionError",
    "Due",
    "Duplicates",
    "Filters",
    "GivenPhoto",
    "Likeness",
    "Line",
    "Mark",
    "NewCase",
    "Page",
    "PhotoFacts",
    "PhotographError",
    "PhotographReader",
    "PoorPhotographError",
    "Purpose",
    "ReadPhoto",
    "Reason",
    "Register",
    "Registrar",
    "Retention",
    "Risk",
    "SearchedTemplate",
    "Suggestion",
    "TransitionError",
    "UnknownCaseError",
    "reasons",
    "reference_key",
]

_A_LOOK: Final = 30 * MINUTE


class CaseService:
    """The cases of one hub. Its parts: `reader`, `registrar`, `search`, `duplicates`, `changes`."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        photographs: PhotographReader,
        *,
        clock: Clock,
        listing_clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        slices: Collection[SliceName],
        slice_days: int,
        retention: Retention,
        other: PhotographReader | None = None,
    ) -> None:
        """`slice_days`: for how long a case is listed unless it is renewed.

        `other`: of the pack that some units run while they change to the hub's, or from it.
        """
        self._database = database
        self._pack_digest = photographs.pack_digest
        readers = [photographs] if other is None else [photographs, other]
        self._maker = TemplateMaker(database, vault, readers, clock=clock, hub=hub)
        self.reader = CaseReader(database, vault)
        self.duplicates = Duplicates(vault, self.reader)
        self.search = CaseSearch(vault, self.reader)
        self.changes = CaseChanges(vault, self.reader, retention)
        self.registrar = Registrar(
            database,
            vault,
            PhotoIntake(vault, photographs, clock=clock, entropy=entropy),
            self.reader,
            self.duplicates,
            clock=clock,
            entropy=entropy,
            hub=hub,
            slices=slices,
            slice_days=slice_days,
        )
        self._listing = Listing(self.reader, self._pack_digest, listing_clock)

    def register(
        self, new: NewCase, photographs: Sequence[GivenPhoto], actor: str, *, despite: str | None = None
    ) -> CaseId:
        """As `Registrar.register`."""
        return self.registrar.register(new, photographs, actor, despite=despite)

    def renew(self, case: CaseId, actor: str) -> date:
        """As `Registrar.renew`, in a transaction of its own."""
        with self._database.begin() as connection:
            return self.registrar.renew(connection, case, actor)

    def mark_located(self, connection: Connection, case: CaseId, actor: str, at: int) -> None:
        """As `CaseChanges.locate`."""
        self.changes.locate(connection, case, actor, at)

    def summary(self, connection: Connection, case: CaseId) -> CaseSummary:
        """Raises UnknownCaseError."""
        return self.reader.summary(connection, case)

    def references(self, connection: Connection, wanted: Collection[CaseId]) -> dict[CaseId, str]:
        """The police's references of the cases, or `erased`."""
        return {case.id: self.reader.reference(case) for case in store.find_all(connection, wanted)}

    def surviving(self, connection: Connection, case: CaseId) -> CaseId:
        """The case itself, or the one that it was merged into in the end. Raises UnknownCaseError."""
        return self.reader.surviving(connection, case)

    def known_as(self, connection: Connection, case: CaseId) -> frozenset[CaseId]:
        """Every identifier under which the child has stood, by merging. Raises UnknownCaseError."""
        return self.reader.known_as(connection, case)

    def has_ended(self, connection: Connection, case: CaseId) -> bool:
        """Whether the photographs of a case, or of the one that it went into, are gone. Raises UnknownCaseError."""
        return self.reader.record(connection, self.surviving(connection, case)).state not in WITH_FACES

    def with_merged(self, connection: Connection, case: CaseId) -> list[CaseId]:
        """A case and every one that went into it."""
        merged = store.merged_cases(connection, case)
        return [case, *(each for one in merged for each in self.with_merged(connection, one))]

    def summaries(self, connection: Connection) -> list[CaseSummary]:
        """Every case, newest first."""
        return [self.reader.summary_of(connection, row) for row in store.all_cases(connection)]

    def portrait(self, case: CaseId, photo: PhotoId) -> bytes:
        """The face of one of a case's photographs as a JPEG. Raises UnknownCaseError."""
        return self.reader.portrait(case, photo)

    def original(self, case: CaseId, photo: PhotoId) -> bytes:
        """A photograph as it was given. Raises UnknownCaseError."""
        return self.reader.original(case, photo)

    def require_photo(self, connection: Connection, case: CaseId, photo: PhotoId) -> None:
        """Raises UnknownCaseError unless the photograph is, or was, one of that case's."""
        self.reader.require_photo(connection, case, photo)

    def templates(self, connection: Connection, case: CaseId, pack_digest: bytes) -> list[EntryTemplate]:
        """As `CaseReader.templates`."""
        return self.reader.templates(connection, case, pack_digest)

    def open_cases(self, connection: Connection, register: Register, *, after: str, limit: int) -> list[CaseRecord]:
        """Some of the cases of a register that are searched for, by identifier."""
        return store.open_cases(connection, register, after, limit)

    def changed_cases(self, connection: Connection, since: int, limit: int) -> list[tuple[CaseRecord, int]]:
        """The open cases that changed after a revision, each with its own, in the order of their changes."""
        return store.changed_cases(connection, since, limit)

    def open_templates(self, connection: Connection, register: Register) -> Iterator[SearchedTemplate]:
        """Every template of the hub's pack of the cases of a register that are searched for, by case."""
        for case, sex, birth, one in photo_store.open_templates(connection, register, self._pack_digest):
            vector = self.reader.vector(one.photo, one.pack_digest, one.sealed_vector)
            yield SearchedTemplate(case, sex, birth, EntryTemplate(one.photo, one.pack_digest, vector))

    def fault(self, connection: Connection, photo: PhotoId) -> str | None:
        """The measure in which a photograph is poor, if it was registered all the same."""
        return photo_store.fault(connection, photo)

    def listing_day(self) -> date:
        """The day by which listings run out today."""
        return self._listing.day()

    def listed_digests(self, connection: Connection, name: SliceName, *, every_pack: bool) -> dict[CaseId, bytes]:
        """As `Listing.digests`."""
        return self._listing.digests(connection, name, every_pack=every_pack)

    def entries(
        self, connection: Connection, wanted: Sequence[CaseId], *, every_pack: bool = True
    ) -> list[WatchlistEntry]:
        """As `Listing.entries`."""
        return self._listing.entries(connection, wanted, every_pack=every_pack)

    def listed_entries(
        self, connection: Connection, name: SliceName, *, every_pack: bool = True
    ) -> list[WatchlistEntry]:
        """What units may search for today, by case."""
        wanted = list(self.listed_digests(connection, name, every_pack=every_pack))
        return self.entries(connection, wanted, every_pack=every_pack)

    def file_of(self, connection: Connection, case: str, operator: Operator) -> CaseFile:
        """Everything about a case of the operator's sites. Raises UnknownCaseError."""
        found = self.reader.file(connection, CaseId(case))
        if not operator.sites.include(found.summary.site):
            raise unknown(CaseId(case))
        return found

    def note_look(self, connection: Connection, case: CaseId, operator: Operator, purpose: str, at: int) -> None:
        """Note that somebody sees a case's faces and names: audited with the purpose, once in half an hour."""
        if store.note_view(connection, case, operator.id, purpose, at=at, lasts=_A_LOOK):
            record(connection, AuditAction.CASE_VIEWED, actor=operator.name, subject=case, at=at, purpose=purpose)

    def complete_templates(self, case: CaseId | None = None) -> Completion:
        """As `TemplateMaker.make`: one template that is missing, of one case or of any."""
        return self._maker.make(case)

    def unreadable_count(self) -> int:
        """How many photographs were found in which the hub's pack sees no face, since this program started."""
        return self._maker.unreadable_count(self._pack_digest)

    def revision(self, connection: Connection) -> int:
        """A number that rises with every change of any case."""
        return store.revision(connection)

    def missing_count(self, connection: Connection) -> int:
        """How many children are missing."""
        return store.count(connection, Register.MISSING, CaseState.OPEN)
