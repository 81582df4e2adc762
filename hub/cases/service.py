"""What can be done with cases. Every change leaves an audit entry in its own transaction."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases import listing, store
from hub.cases.model import (
    CaseRecord,
    CaseStatus,
    CaseSummary,
    NewCase,
    PoorPhotoRecord,
    ReferencePhoto,
    TemplateRecord,
)
from hub.cases.photographs import FAULTS, PhotographError, PhotographReader, PoorPhotographError
from hub.cases.templates import Completion, TemplateMaker, photo_place
from hub.clock import Clock, utc_day
from hub.db import Database
from protocol.ids import CaseId, HubId, PhotoId, SliceName, case_id
from protocol.person import Month
from protocol.watchlist import MAX_TEMPLATES, EntryTemplate, WatchlistEntry

__all__ = [
    "CaseError",
    "CaseService",
    "CaseStatus",
    "CaseSummary",
    "Completion",
    "NewCase",
    "PhotographError",
    "PhotographReader",
    "PoorPhotographError",
    "UnknownCaseError",
]

# While units change from one pack to another, an entry carries templates of both.
MAX_PHOTOGRAPHS: Final = MAX_TEMPLATES // 2

_MAX_REFERENCE = 80
_MAX_REASON = 200


class CaseError(RejectedError):
    """What was entered for a case cannot be taken."""


class UnknownCaseError(RejectedError):
    """There is no such case, or no such photograph of it."""


class CaseService:
    """The cases of one hub."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        photographs: PhotographReader,
        *,
        clock: Clock,
        entropy: Callable[[int], bytes],
        hub: HubId,
        slices: Collection[SliceName],
        slice_days: int,
        other: PhotographReader | None = None,
    ) -> None:
        """`slice_days`: for how long a case is listed unless it is renewed.

        `other`: of the pack that some units run while they change to the hub's, or from it.
        """
        self._database = database
        self._vault = vault
        self._photographs = photographs
        self._clock = clock
        self._entropy = entropy
        self._hub = hub
        self._slices = slices
        self._slice_days = slice_days
        readers = [photographs] if other is None else [photographs, other]
        self._maker = TemplateMaker(database, vault, readers, clock=clock, hub=hub)

    def register(self, new: NewCase, photographs: Sequence[bytes], actor: str, *, despite: str | None = None) -> CaseId:
        """Store a new case with its photographs (JPEG, PNG or WebP files) and list it.

        `despite`: the reason to take photographs that are too poor to be compared; reviewers read it.
        Raises CaseError, or PhotographError, whose message says which photograph and why.
        """
        self._require_sound(new, len(photographs))
        reason = None if despite is None else _sound_reason(despite)
        pictures = [self._read(number, data, reason) for number, data in enumerate(photographs, 1)]
        now = self._clock()
        case = case_id(self._hub, self._entropy(5))
        with self._database.begin() as connection:
            self._insert(connection, case, new, now)
            for position, picture in enumerate(pictures):
                self._insert_photo(connection, case, position, picture, reason)
            record(
                connection,
                AuditAction.CASE_REGISTERED,
                actor=actor,
                subject=case,
                at=now,
                photos=len(pictures),
                poor_photos=sum(picture.fault is not None for picture in pictures),
            )
        return case

    def renew(self, case: CaseId, actor: str) -> date:
        """List a missing child for another period. Returns its last day. Raises UnknownCaseError or CaseError."""
        now = self._clock()
        until = self._last_listed_day(now)
        with self._database.begin() as connection:
            if self.summary(connection, case).status is not CaseStatus.MISSING or not store.relist(
                connection, case, until
            ):
                raise CaseError(f"The case {case} is closed: it cannot be listed again. Register a new case.")
            record(connection, AuditAction.CASE_RENEWED, actor=actor, subject=case, at=now, until=until.isoformat())
        return until

    def mark_located(self, connection: Connection, case: CaseId, actor: str, at: int) -> None:
        """Take a case off the lists, once: of a case that is located already nothing changes.

        Raises UnknownCaseError.
        """
        if store.locate(connection, case, at):
            record(connection, AuditAction.CASE_LOCATED, actor=actor, subject=case, at=at)
        elif store.find(connection, case) is None:
            raise _unknown(case)

    def summary(self, connection: Connection, case: CaseId) -> CaseSummary:
        """Raises UnknownCaseError."""
        row = store.find(connection, case)
        if row is None:
            raise _unknown(case)
        return self._summary(connection, row)

    def summaries(self, connection: Connection) -> list[CaseSummary]:
        """Every case, newest first."""
        return [self._summary(connection, row) for row in store.all_cases(connection)]

    def portrait(self, case: CaseId, photo: PhotoId) -> bytes:
        """The face of one of a case's photographs as a JPEG. Raises UnknownCaseError."""
        with self._database.read() as connection:
            sealed = store.sealed_portrait(connection, case, photo)
        if sealed is None:
            raise UnknownCaseError(f"The case {case} has no such photograph.")
        return self._vault.decrypt(sealed, photo_place(photo, "portrait"))

    def require_photo(self, connection: Connection, case: CaseId, photo: PhotoId) -> None:
        """Raises UnknownCaseError unless the photograph is one of that case's."""
        if photo not in store.photos(connection, case):
            raise UnknownCaseError(f"The case {case} or its photograph is not known here.")

    def templates(self, connection: Connection, case: CaseId, pack_digest: bytes) -> list[EntryTemplate]:
        """The templates of a case's photographs that one pack made, in the order of the photographs."""
        return [self._template(one) for one in store.templates(connection, case) if one.pack_digest == pack_digest]

    def listed_digests(
        self, connection: Connection, name: SliceName, *, every_pack: bool = True
    ) -> dict[CaseId, bytes]:
        """What units may search for today: missing children whose listing has not run out, by case.

        The digest of a case is another when its entry is. With `every_pack`, entries have the templates of every pack,
        for units that still run another than the hub. Without it, those of the hub's pack; of a photograph that it
        cannot read, what there is.
        """
        return listing.listed_digests(connection, name, utc_day(self._clock()), self._only_pack(every_pack))

    def listed_entries(
        self, connection: Connection, name: SliceName, *, every_pack: bool = True
    ) -> list[WatchlistEntry]:
        """The entries of all of them, by case."""
        cases = list(self.listed_digests(connection, name, every_pack=every_pack))
        return self.entries(connection, cases, every_pack=every_pack)

    def entries(
        self, connection: Connection, cases: Sequence[CaseId], *, every_pack: bool = True
    ) -> list[WatchlistEntry]:
        """Some of the listed cases' entries, in the order given."""
        found = listing.entries(connection, cases, self._only_pack(every_pack))
        return [self._entry(case, templates) for case, templates in found]

    def complete_templates(self, case: CaseId | None = None) -> Completion:
        """As `TemplateMaker.make`: one template that is missing, of one case or of any."""
        return self._maker.make(case)

    def unreadable_count(self) -> int:
        """How many photographs were found in which the hub's pack sees no face, since this program started."""
        return self._maker.unreadable_count(self._photographs.pack_digest)

    def revision(self, connection: Connection) -> int:
        """A number that rises with every change of any case."""
        return store.revision(connection)

    def missing_count(self, connection: Connection) -> int:
        """How many children are missing."""
        return store.count(connection, CaseStatus.MISSING)

    def _require_sound(self, new: NewCase, photographs: int) -> None:
        if not new.reference.strip() or len(new.reference) > _MAX_REFERENCE:
            raise CaseError(f"A case needs the police's reference, of at most {_MAX_REFERENCE} characters.")
        if new.slice not in self._slices:
            raise CaseError(f"This hub has no slice {new.slice}. It has: {', '.join(sorted(self._slices))}.")
        if not 1 <= photographs <= MAX_PHOTOGRAPHS:
            raise CaseError(f"A case needs 1 to {MAX_PHOTOGRAPHS} photographs, not {photographs}.")
        today = utc_day(self._clock())
        if new.last_seen is not None and new.last_seen > today:
            raise CaseError("The day on which the child was last seen lies in the future.")
        if new.birth.earliest > Month(today.year, today.month):
            raise CaseError("The month of birth lies in the future.")

    def _read(self, number: int, data: bytes, reason: str | None) -> ReferencePhoto:
        # Files are named by their number: a file's own name is often the child's.
        try:
            return self._photographs.read(data, accept_poor=reason is not None)
        except PoorPhotographError as error:
            raise PoorPhotographError(f"Photograph {number}: {error}") from error
        except RejectedError as error:
            raise PhotographError(f"Photograph {number}: {error}") from error

    def _insert(self, connection: Connection, case: CaseId, new: NewCase, now: int) -> None:
        reference = new.reference.strip()
        index = self._vault.index(reference.casefold().encode(), "cases/reference")
        if (known := store.find_by_reference(connection, index)) is not None:
            raise CaseError(
                f"The reference is already that of the case {known}. Add the police station to tell them apart."
            )
        new_record = CaseRecord(
            id=case,
            slice=new.slice,
            sealed_reference=self._vault.encrypt(reference.encode(), _reference_place(case)),
            sex=new.sex,
            birth=new.birth,
            last_seen=new.last_seen,
            status=CaseStatus.MISSING,
            listed_until=self._last_listed_day(now),
            registered_at=now,
        )
        store.insert_case(connection, new_record, index)

    def _insert_photo(
        self, connection: Connection, case: CaseId, position: int, picture: ReferencePhoto, reason: str | None
    ) -> None:
        photo = PhotoId(self._entropy(8).hex())
        store.insert_photo(
            connection,
            case,
            photo,
            position,
            original=self._vault.encrypt(picture.original, photo_place(photo, "original")),
            portrait=self._vault.encrypt(picture.portrait, photo_place(photo, "portrait")),
        )
        vector = self._vault.encrypt(picture.vector, photo_place(photo, "template", picture.pack_digest))
        store.insert_template(connection, photo, picture.pack_digest, vector)
        if picture.fault is not None and reason is not None:
            sealed = self._vault.encrypt(reason.encode(), photo_place(photo, "reason"))
            store.mark_poor(connection, PoorPhotoRecord(photo, picture.fault, sealed))

    def _last_listed_day(self, now: int) -> date:
        return utc_day(now) + timedelta(days=self._slice_days)

    def _summary(self, connection: Connection, case: CaseRecord) -> CaseSummary:
        return CaseSummary(
            id=case.id,
            reference=self._vault.decrypt(case.sealed_reference, _reference_place(case.id)).decode(),
            slice=case.slice,
            sex=case.sex,
            birth=case.birth,
            last_seen=case.last_seen,
            status=case.status,
            photos=store.photos(connection, case.id),
            despite={poor.photo: self._despite(poor) for poor in store.poor_photos(connection, case.id)},
            listed_until=case.listed_until,
            registered_at=case.registered_at,
        )

    def _despite(self, poor: PoorPhotoRecord) -> str:
        reason = self._vault.decrypt(poor.sealed_reason, photo_place(poor.photo, "reason")).decode()
        return f"{FAULTS[poor.fault]}. Reason given: {reason}"

    def _only_pack(self, every_pack: bool) -> bytes | None:
        return None if every_pack else self._photographs.pack_digest

    def _entry(self, case: CaseRecord, templates: Sequence[TemplateRecord]) -> WatchlistEntry:
        return WatchlistEntry(
            case=case.id,
            sex=case.sex,
            birth=case.birth,
            last_seen=case.last_seen,
            expires=case.listed_until,
            templates=tuple(map(self._template, templates)),
        )

    def _template(self, template: TemplateRecord) -> EntryTemplate:
        place = photo_place(template.photo, "template", template.pack_digest)
        return EntryTemplate(template.photo, template.pack_digest, self._vault.decrypt(template.sealed_vector, place))


def _sound_reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > _MAX_REASON or not reason.isprintable():
        raise CaseError(
            f"Say in one line of at most {_MAX_REASON} characters why a poor photograph is taken, such as "
            "'the only photograph there is'. Reviewers will read it."
        )
    return reason


def _reference_place(case: CaseId) -> str:
    return f"cases/reference/{case}"


def _unknown(case: CaseId) -> UnknownCaseError:
    return UnknownCaseError(f"There is no case {case}.")
