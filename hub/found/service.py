"""Found children's registrations: kept before the receipt, made cases of the register, checked by a case officer."""

from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import Connection

from faults import RejectedError
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.cases.service import CaseService, NewCase, PhotographError, ReadPhoto
from hub.clock import Clock, utc_day
from hub.db import Database
from hub.found import store
from hub.found.model import FoundArrival, FoundRow, FoundStageError, Look, Rejection, UnknownFoundChildError
from hub.found.opening import place, read_found
from hub.found.registering import DESPITE, new_case, photograph
from hub.sites import Sites
from protocol.consent import ConsentRecord, read_own_record
from protocol.errors import ReplayedError
from protocol.found import FoundChild
from protocol.ids import CaseId, FoundId

__all__ = [
    "FoundArrival",
    "FoundRow",
    "FoundService",
    "FoundStageError",
    "Look",
    "Rejection",
    "UnknownFoundChildError",
    "read_found",
]

_SHOWN: Final = 200

_log = structlog.get_logger()


class FoundService:
    """The registrations of one hub. Methods with a connection join the caller's transaction."""

    def __init__(self, database: Database, vault: Vault, cases: CaseService, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._cases = cases
        self._clock = clock

    def keep(self, connection: Connection, arrival: FoundArrival) -> None:
        """Keep a new registration, before its unit gets the receipt. Raises ReplayedError for one that was kept."""
        found, at = arrival.found, self._clock()
        if store.is_known(connection, found.found_id):
            raise ReplayedError("Another message brought this found child before.")
        store.add(connection, arrival, at)
        record(connection, AuditAction.FOUND_RECEIVED, actor=found.unit, subject=found.found_id, at=at, site=found.site)

    def register_next(self) -> bool:
        """Make a case of the oldest registration that has none; whether there was one.

        Raises DatabaseUnavailableError, or StoredDataError for one that was altered in the database.
        """
        with self._database.read() as connection:
            waiting = store.oldest_new(connection)
            sealed = None if waiting is None else store.content(connection, waiting)
        if waiting is None or sealed is None:
            return False
        found = FoundChild.from_bytes(self._vault.decrypt(sealed, place(waiting, "content")))
        # Recognised before the transaction, which must be short.
        pictures, problem = self._pictures(found)
        with self._database.begin() as connection:
            # It may have been withdrawn, or another process was quicker.
            if store.content(connection, waiting) is not None:
                self._register(connection, found, pictures, problem)
        return True

    def consent(self, connection: Connection, found: FoundId) -> ConsentRecord | None:
        """What permitted a registration, verified when it came; None once it was forgotten."""
        sealed = store.sealed_consent(connection, found)
        return None if sealed is None else read_own_record(self._vault.decrypt(sealed, place(found, "consent")))

    def unchecked(self, connection: Connection, sites: Sites) -> list[FoundRow]:
        """What waits for a case officer of these sites, the oldest first."""
        return store.unchecked(connection, sites, _SHOWN)

    def of_case(self, connection: Connection, case: CaseId) -> FoundRow | None:
        """The registration that a case came from; None for a case of the desk's own."""
        return store.of_case(connection, case)

    def check(self, connection: Connection, found: str, sites: Sites, *, actor: str) -> FoundRow:
        """A case officer has looked at a registration and its case. Once is enough.

        Raises UnknownFoundChildError, or FoundStageError for one that is on no register.
        """
        row, at = self._row(connection, found, sites), self._clock()
        if row.case_id is None:
            raise FoundStageError("This child is not on the register: mend the registration, or reject it.")
        if row.checked_at is None:
            store.set_checked(connection, row.id, actor=actor, at=at)
            record(connection, AuditAction.FOUND_CHECKED, actor=actor, subject=row.id, at=at, site=row.site)
        return row

    def stuck(self, connection: Connection, found: str, sites: Sites, look: Look, *, actor: str) -> FoundChild:
        """What came of a registration that could not become a case, for an officer. The look is audited.

        Raises UnknownFoundChildError or FoundStageError.
        """
        row, child = self._stuck(connection, found, sites)
        at, action = self._clock(), AuditAction.FOUND_VIEWED
        record(connection, action, actor=actor, subject=row.id, at=at, site=row.site, purpose=str(look))
        return child

    def mend(self, found: str, sites: Sites, reference: str, station: str, *, actor: str) -> CaseId:
        """Make a case of a registration that could not become one, under another reference or one with a station.

        Raises UnknownFoundChildError or FoundStageError; CaseError or DescriptionError where it still cannot become
        one: then it stays as it is.
        """
        with self._database.read() as connection:
            row, child = self._stuck(connection, found, sites)
        pictures, problem = self._pictures(child)
        told = self._new_case(child)
        new = replace(told, reference=reference.strip(), description=replace(told.description, station=station.strip()))
        registrar, at = self._cases.registrar, self._clock()
        registrar.check(new)
        with self._database.begin() as connection:
            self._take_up(connection, row)
            case = registrar.add(connection, new, pictures, actor, despite=DESPITE)
            store.set_case(connection, row.id, case, problem)
            record(connection, AuditAction.FOUND_MENDED, actor=actor, subject=row.id, at=at, site=row.site)
        return case

    def reject(self, connection: Connection, found: str, sites: Sites, reason: Rejection, *, actor: str) -> FoundRow:
        """Empty a registration that could not become a case and is not to be one.

        Raises UnknownFoundChildError or FoundStageError.
        """
        row, at = self._row(connection, found, sites), self._clock()
        self._take_up(connection, row)
        store.forget(connection, row.id)
        action, why = AuditAction.FOUND_REJECTED, str(reason)
        record(connection, action, actor=actor, subject=row.id, at=at, site=row.site, reason=why)
        return row

    def of_withdrawal(self, connection: Connection, withdrawal: str) -> list[FoundRow]:
        """The registrations of which a receipt is, but those that were forgotten; `withdrawal`: 64 hex digits."""
        return store.of_withdrawal(connection, withdrawal)

    def forget(self, connection: Connection, found: FoundId) -> None:
        """Empty a registration of all that describes the child. Its case, if it has one, is the register's to end."""
        store.forget(connection, found)

    def expire(self, connection: Connection, until: int, *, actor: str, at: int) -> int:
        """Empty registrations that came until a moment and never became a case, some at a time; how many that were."""
        stuck = store.stuck(connection, until, _SHOWN)
        for row in stuck:
            store.forget(connection, row.id)
            record(connection, AuditAction.FOUND_EXPIRED, actor=actor, subject=row.id, at=at, site=row.site)
        return len(stuck)

    def _pictures(self, found: FoundChild) -> tuple[list[ReadPhoto], str | None]:
        given = photograph(found, utc_day(self._clock()))
        try:
            return self._cases.registrar.photographs.read([given], DESPITE), None
        except PhotographError as error:
            # The child goes on the register all the same; the officer asks the site for another picture.
            return [], type(error).__name__

    def _row(self, connection: Connection, found: str, sites: Sites) -> FoundRow:
        row = store.find(connection, found)
        if row is None or not sites.include(row.site):
            raise UnknownFoundChildError("There is no such registration. Go to the list of found children.")
        return row

    def _stuck(self, connection: Connection, found: str, sites: Sites) -> tuple[FoundRow, FoundChild]:
        row = self._row(connection, found, sites)
        sealed = store.stuck_content(connection, row.id)
        if sealed is None:
            raise _dealt_with()
        return row, FoundChild.from_bytes(self._vault.decrypt(sealed, place(row.id, "content")))

    def _take_up(self, connection: Connection, row: FoundRow) -> None:
        if not store.take_up(connection, row.id):
            raise _dealt_with()

    def _new_case(self, found: FoundChild) -> NewCase:
        return new_case(found, read_own_record(found.consent).basis, utc_day(self._clock()))

    def _register(
        self, connection: Connection, found: FoundChild, pictures: list[ReadPhoto], problem: str | None
    ) -> None:
        registrar = self._cases.registrar
        try:
            with connection.begin_nested():
                case_of = self._new_case(found)
                registrar.check(case_of)
                case = registrar.add(connection, case_of, pictures, found.unit, despite=DESPITE)
        except RejectedError as error:
            # A case officer has to see to it: it stays, and nothing of it is lost.
            store.set_problem(connection, found.found_id, type(error).__name__)
            _log.warning("found.not_registered", reason=type(error).__name__)
            return
        store.set_case(connection, found.found_id, case, problem)


def _dealt_with() -> FoundStageError:
    return FoundStageError("Nothing is to be mended here, or somebody was faster. Go to the list of found children.")
