"""Taking in cases and photographs, and changing what was entered. Every change leaves one audit entry."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import name_store, photo_store, store
from hub.cases.duplicates import Duplicates
from hub.cases.errors import CaseError, UnknownCaseError
from hub.cases.lifecycle import WITH_FACES
from hub.cases.model import (
    CaseRecord,
    CaseState,
    GivenPhoto,
    NewCase,
    Purpose,
    Reason,
    Register,
)
from hub.cases.photo_intake import MAX_PHOTOGRAPHS, PhotoIntake, ReadPhoto
from hub.cases.reading import CaseReader
from hub.cases.sealing import case_place, number_index, reference_index, terms_of
from hub.clock import Clock, latest_day, utc_day
from hub.db import Database
from protocol.ids import CaseId, HubId, PhotoId, SliceName, case_id
from protocol.person import Month
from protocol.sighting import LegalBasis

_MAX_REFERENCE: Final = 80
_MAX_BASIS_REFERENCE: Final = 200


class Registrar:
    """Puts cases on a hub's registers."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        photographs: PhotoIntake,
        reader: CaseReader,
        duplicates: Duplicates,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        slices: Collection[SliceName],
        slice_days: int,
    ) -> None:
        """`slice_days`: for how long a case is listed unless it is renewed."""
        self._database = database
        self._vault = vault
        self.photographs = photographs
        self._reader = reader
        self._duplicates = duplicates
        self._clock = clock
        self._entropy = entropy
        self._hub = hub
        self._slices = slices
        self._slice_days = slice_days

    def register(
        self, new: NewCase, photographs: Sequence[GivenPhoto], actor: str, *, despite: str | None = None
    ) -> CaseId:
        """Store a new case with its photographs (JPEG, PNG or WebP files).

        `despite`: the reason to take photographs that are too poor to be compared; reviewers read it.
        Raises CaseError, or PhotographError, whose message says which photograph and why.
        """
        self.check(new)
        if not photographs:
            raise CaseError("A case needs 1 to {most} photographs, not 0.", most=MAX_PHOTOGRAPHS)
        pictures = self.photographs.read(photographs, despite)
        with self._database.begin() as connection:
            return self.add(connection, new, pictures, actor, despite=despite)

    def add(
        self,
        connection: Connection,
        new: NewCase,
        pictures: Sequence[ReadPhoto],
        actor: str,
        *,
        despite: str | None = None,
    ) -> CaseId:
        """Store a checked case with photographs that were read, or with none yet. Raises CaseError."""
        now = self._clock()
        case = case_id(self._hub, self._entropy(5))
        self._require_free(connection, new, None)
        row = self._record(case, new, now)
        store.insert_case(connection, row, **self._indexes(new))
        name_store.put_names(connection, case, now, terms_of(self._vault, new.description.names))
        for position, one in enumerate(pictures):
            self.photographs.insert(connection, case, position, one, despite)
        store.add_event(
            connection, case, at=now, actor=actor, state=CaseState.OPEN, reason=Reason.REGISTERED, note=None
        )
        self._duplicates.suggest(connection, case, now)
        record(
            connection,
            AuditAction.CASE_REGISTERED,
            actor=actor,
            subject=case,
            at=now,
            register=str(new.register),
            photos=len(pictures),
            poor_photos=sum(one.picture.fault is not None for one in pictures),
        )
        return case

    def change(self, connection: Connection, case: CaseId, new: NewCase, actor: str) -> None:
        """Replace what was entered for an open case. Raises CaseError or UnknownCaseError."""
        self.check(new)
        old = self._require_kept(connection, case)
        if new.register is not old.register:
            raise CaseError(
                "A case stays on its register. Register the child on the other one; the two will be compared."
            )
        self._require_free(connection, new, case)
        now = self._clock()
        kept = replace(
            self._record(case, new, now),
            state=old.state,
            state_at=old.state_at,
            listed_until=old.listed_until,
            registered_at=old.registered_at,
            renewed_at=old.renewed_at,
        )
        store.update_case(connection, kept, **self._indexes(new))
        name_store.put_names(connection, case, old.registered_at, terms_of(self._vault, new.description.names))
        self._duplicates.suggest(connection, case, now)
        record(connection, AuditAction.CASE_CHANGED, actor=actor, subject=case, at=now)

    def add_photo(
        self, connection: Connection, case: CaseId, one: ReadPhoto, actor: str, *, despite: str | None = None
    ) -> PhotoId:
        """One more photograph of an open case. Raises CaseError or UnknownCaseError."""
        self._require_kept(connection, case)
        if len(photo_store.photo_rows(connection, case)) >= MAX_PHOTOGRAPHS:
            raise CaseError("The case has {most} photographs, which is all that a unit can hold.", most=MAX_PHOTOGRAPHS)
        now = self._clock()
        photo = self.photographs.insert(connection, case, photo_store.next_position(connection, case), one, despite)
        store.touch(connection, case)
        poor = int(one.picture.fault is not None)
        record(connection, AuditAction.PHOTO_ADDED, actor=actor, subject=case, at=now, photo=photo, poor_photos=poor)
        return photo

    def remove_photo(self, connection: Connection, case: CaseId, photo: PhotoId, actor: str) -> None:
        """Purge one photograph of an open case with its templates. Raises CaseError or UnknownCaseError."""
        self._require_kept(connection, case)
        if not photo_store.purge(connection, case, photo)["photographs"]:
            raise UnknownCaseError("The case {case} has no such photograph.", case=case)
        store.touch(connection, case)
        record(connection, AuditAction.PHOTO_REMOVED, actor=actor, subject=case, at=self._clock(), photo=photo)

    def renew(self, connection: Connection, case: CaseId, actor: str) -> date:
        """Search for a child for another period. Returns the last day on units' lists. Raises CaseError."""
        now = self._clock()
        if self._reader.record(connection, case, lock=True).state is not CaseState.OPEN:
            raise CaseError("The case {case} is closed: it cannot be listed again. Register a new case.", case=case)
        until = self._last_listed_day(now)
        store.relist(connection, case, until, now)
        record(connection, AuditAction.CASE_RENEWED, actor=actor, subject=case, at=now, until=until.isoformat())
        return until

    def check(self, new: NewCase) -> None:
        """Whether a case can be as it was entered. Raises CaseError."""
        if not new.reference.strip() or len(new.reference) > _MAX_REFERENCE:
            raise CaseError("A case needs the police's reference, of at most {most} characters.", most=_MAX_REFERENCE)
        if len(new.basis.reference) > _MAX_BASIS_REFERENCE:
            raise CaseError("The number of a legal basis has at most {most} characters.", most=_MAX_BASIS_REFERENCE)
        if new.register is Register.MISSING and new.slice not in self._slices:
            raise CaseError(
                "This hub has no slice {slice}. It has: {listed}.",
                slice=new.slice,
                listed=", ".join(sorted(self._slices)),
            )
        if new.register is Register.FOUND and new.slice is not None:
            raise CaseError("A child who was found is on no list of units.")
        today = latest_day(self._clock())
        if new.last_seen is not None and new.last_seen > today:
            raise CaseError("The day on which the child was last seen lies in the future.")
        if new.birth.earliest > Month(today.year, today.month):
            raise CaseError("The month of birth lies in the future.")
        if new.basis.ground is LegalBasis.GUARDIAN_CONSENT and new.basis.until is None:
            raise CaseError("A consent needs its last day: until when the guardian has given it.")
        if Purpose.SEARCH not in new.basis.purposes:
            raise CaseError("The legal basis must cover the search for the child: else nothing may be kept here.")
        if new.basis.until is not None and new.basis.until < today:
            raise CaseError("The legal basis has ended already. Give one that holds.")

    def _require_kept(self, connection: Connection, case: CaseId) -> CaseRecord:
        row = self._reader.record(connection, case, lock=True)
        if row.state not in WITH_FACES:
            raise CaseError(
                "The case {case} is {state}: it cannot be changed any more. Register a new case.",
                case=case,
                state=row.state,
            )
        return row

    def _require_free(self, connection: Connection, new: NewCase, own: CaseId | None) -> None:
        index = reference_index(self._vault, new.reference, new.description.station)
        known = store.find_by_reference(connection, index)
        if known is None or known == own:
            return
        if self._reader.record(connection, known).site != new.site:
            # Who works for one site alone is told of no case of another.
            raise CaseError("Another site has a case with this reference. Add the police station to tell them apart.")
        raise CaseError(
            "The reference is already that of the case {known}. Add the police station to tell them apart.",
            known=known,
        )

    def _indexes(self, new: NewCase) -> dict[str, bytes]:
        station = new.description.station
        return {
            "reference": reference_index(self._vault, new.reference, station),
            "number": number_index(self._vault, new.reference),
        }

    def _record(self, case: CaseId, new: NewCase, now: int) -> CaseRecord:
        def seal(text: bytes, column: str) -> bytes:
            return self._vault.encrypt(text, case_place(case, column))

        return CaseRecord(
            id=case,
            register=new.register,
            state=CaseState.OPEN,
            site=new.site,
            slice=new.slice,
            sealed_reference=seal(new.reference.strip().encode(), "reference"),
            sealed_description=seal(new.description.to_bytes(), "description"),
            sealed_basis_reference=seal(new.basis.reference.encode(), "basis"),
            sex=new.sex,
            birth=new.birth,
            last_seen=new.last_seen,
            risk=new.risk,
            ground=new.basis.ground,
            purposes=new.basis.purposes,
            basis_until=new.basis.until,
            listed_until=self._last_listed_day(now),
            registered_at=now,
            renewed_at=now,
            state_at=now,
            merged_into=None,
        )

    def _last_listed_day(self, now: int) -> date:
        return utc_day(now) + timedelta(days=self._slice_days)
