"""Reading cases back: summaries for other rooms, whole files for the desk, and faces."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.cases import photo_store, store
from hub.cases.description import Description
from hub.cases.errors import UnknownCaseError, unknown
from hub.cases.model import (
    Basis,
    CaseEvent,
    CaseFile,
    CaseRecord,
    CaseState,
    CaseSummary,
    PhotoFacts,
    PhotoRow,
    Reason,
)
from hub.cases.photographs import FAULTS
from hub.cases.sealing import case_place, photo_place
from hub.db import Database
from protocol.ids import CaseId, PhotoId
from protocol.watchlist import EntryTemplate

ERASED: Final = "erased"
"""What stands for the reference of a case that was erased."""


class CaseReader:
    """Opens what is kept of cases."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """`vault` opens the columns."""
        self._database = database
        self._vault = vault

    def record(self, connection: Connection, case: CaseId, *, lock: bool = False) -> CaseRecord:
        """A case's row. Raises UnknownCaseError."""
        row = store.find(connection, case, lock=lock)
        if row is None:
            raise unknown(case)
        return row

    def surviving(self, connection: Connection, case: CaseId) -> CaseId:
        """The case itself, or the one that it was merged into in the end. Raises UnknownCaseError."""
        while (row := self.record(connection, case)).merged_into is not None:
            case = row.merged_into
        return case

    def known_as(self, connection: Connection, case: CaseId) -> frozenset[CaseId]:
        """The case that it went into in the end, and all that went into that one. Raises UnknownCaseError."""
        found: set[CaseId] = set()
        waiting = [self.surviving(connection, case)]
        while waiting:
            one = waiting.pop()
            found.add(one)
            waiting += store.merged_cases(connection, one)
        return frozenset(found)

    def summary(self, connection: Connection, case: CaseId) -> CaseSummary:
        """Raises UnknownCaseError."""
        return self.summary_of(connection, self.record(connection, case))

    def summary_of(self, connection: Connection, case: CaseRecord) -> CaseSummary:
        """A row with its photographs, opened."""
        return self._summary(case, photo_store.photo_rows(connection, case.id))

    def summaries_of(self, connection: Connection, wanted: Sequence[CaseRecord]) -> list[CaseSummary]:
        """The same for the rows of a page, in their order."""
        photos = photo_store.photo_rows_of(connection, [case.id for case in wanted])
        return [self._summary(case, photos[case.id]) for case in wanted]

    def _summary(self, case: CaseRecord, photos: Sequence[PhotoRow]) -> CaseSummary:
        return CaseSummary(
            id=case.id,
            register=case.register,
            state=case.state,
            site=case.site,
            reference=self.reference(case),
            slice=case.slice,
            sex=case.sex,
            birth=case.birth,
            last_seen=case.last_seen,
            risk=case.risk,
            photos=tuple(photo.id for photo in photos),
            taken={photo.id: photo.taken_on for photo in photos if photo.taken_on is not None},
            despite={photo.id: text for photo in photos if (text := self._despite(photo)) is not None},
            listed_until=case.listed_until,
            registered_at=case.registered_at,
            merged_into=case.merged_into,
        )

    def reference(self, case: CaseRecord) -> str:
        """The police's reference, or `erased`."""
        if case.sealed_reference is None:
            return ERASED
        return self._vault.decrypt(case.sealed_reference, case_place(case.id, "reference")).decode()

    def description(self, case: CaseRecord) -> Description:
        """The child in words; nothing of one whose case was erased."""
        if case.sealed_description is None:
            return Description()
        place = case_place(case.id, "description")
        return Description.from_bytes(self._vault.decrypt(case.sealed_description, place))

    def file(self, connection: Connection, case: CaseId) -> CaseFile:
        """Everything about a case. Raises UnknownCaseError."""
        row = self.record(connection, case)
        photos = photo_store.photo_rows(connection, case)
        return CaseFile(
            summary=self.summary_of(connection, row),
            basis=Basis(row.ground, self.basis_reference(row), row.purposes, row.basis_until),
            description=self.description(row),
            photos=tuple(map(self._facts, photos)),
            events=tuple(self._events(connection, case)),
            merged=tuple(store.merged_cases(connection, case)),
        )

    def basis_reference(self, case: CaseRecord) -> str:
        """The number of the form, order or decision that permits the case."""
        if case.sealed_basis_reference is None:
            return ""
        return self._vault.decrypt(case.sealed_basis_reference, case_place(case.id, "basis")).decode()

    def portrait(self, case: CaseId, photo: PhotoId) -> bytes:
        """The face of one of a case's photographs as a JPEG. Raises UnknownCaseError."""
        return self._picture(case, photo, "portrait")

    def original(self, case: CaseId, photo: PhotoId) -> bytes:
        """A photograph as it was given. Raises UnknownCaseError."""
        return self._picture(case, photo, "original")

    def require_photo(self, connection: Connection, case: CaseId, photo: PhotoId) -> None:
        """Raises UnknownCaseError unless the photograph is, or was, one of that case's."""
        row = store.find(connection, case)
        if row is None or not photo_store.belongs(connection, self.surviving(connection, case), photo):
            raise UnknownCaseError("The case {case} or its photograph is not known here.", case=case)

    def templates(self, connection: Connection, case: CaseId, pack_digest: bytes) -> list[EntryTemplate]:
        """The templates of a case's photographs that one pack made, in the order of the photographs."""
        of_case = photo_store.templates(connection, self.surviving(connection, case))
        return [
            EntryTemplate(one.photo, one.pack_digest, self.vector(one.photo, one.pack_digest, one.sealed_vector))
            for one in of_case
            if one.pack_digest == pack_digest
        ]

    def vector(self, photo: PhotoId, pack_digest: bytes, sealed: bytes) -> bytes:
        """A template, little-endian float32."""
        return self._vault.decrypt(sealed, photo_place(photo, "template", pack_digest))

    def _picture(self, case: CaseId, photo: PhotoId, column: str) -> bytes:
        with self._database.read() as connection:
            sealed = photo_store.sealed_picture(connection, self.surviving(connection, case), photo, column)
        if sealed is None:
            raise UnknownCaseError("The case {case} has no such photograph.", case=case)
        return self._vault.decrypt(sealed, photo_place(photo, column))

    def _events(self, connection: Connection, case: CaseId) -> list[CaseEvent]:
        return [
            CaseEvent(row.at, row.actor, CaseState(row.state), Reason(row.reason), self._note(case, row.sealed_note))
            for row in store.events(connection, case)
        ]

    def _note(self, case: CaseId, sealed: bytes | None) -> str:
        return "" if sealed is None else self._vault.decrypt(sealed, case_place(case, "note")).decode()

    def _facts(self, photo: PhotoRow) -> PhotoFacts:
        source = ""
        if photo.sealed_source is not None:
            source = self._vault.decrypt(photo.sealed_source, photo_place(photo.id, "source")).decode()
        return PhotoFacts(photo.id, photo.taken_on, source, photo.added_at, self._despite(photo))

    def _despite(self, photo: PhotoRow) -> str | None:
        if photo.fault is None or photo.sealed_reason is None:
            return None
        reason = self._vault.decrypt(photo.sealed_reason, photo_place(photo.id, "reason")).decode()
        return f"{FAULTS[photo.fault]}. Reason given: {reason}"
