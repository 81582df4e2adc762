"""What a receipt does to a found child of the register: the family is looked for until a case officer ends that."""

from collections import Counter
from typing import Protocol

from sqlalchemy import Connection

from hub.erasure.service import ErasureService
from hub.found.service import FoundRow, Rejection
from hub.sites import Sites
from protocol.ids import FoundId


class Registrations(Protocol):
    """What units have registered."""

    def of_withdrawal(self, connection: Connection, withdrawal: str, /) -> list[FoundRow]:
        """The registrations of which a receipt is, but those that were forgotten."""

    def forget(self, connection: Connection, found: FoundId, /) -> None:
        """Empty a registration of all that describes the child."""

    def reject(self, connection: Connection, found: str, sites: Sites, reason: Rejection, /, *, actor: str) -> FoundRow:
        """Empty a registration that could not become a case and is not to be one."""

    def expire(self, connection: Connection, until: int, /, *, actor: str, at: int) -> int:
        """Empty registrations that came until a moment and never became a case, some at a time; how many."""


class FoundErasing:
    """Joins the caller's transaction."""

    def __init__(self, registrations: Registrations, cases: ErasureService) -> None:
        self._registrations = registrations
        self._cases = cases

    def of_withdrawal(self, connection: Connection, withdrawal: str) -> list[FoundRow]:
        """The registrations of which a receipt is, but those that were forgotten."""
        return self._registrations.of_withdrawal(connection, withdrawal)

    def erase(self, connection: Connection, registration: FoundRow, removed: "Counter[str]") -> bool:
        """Forget a registration whose case a case officer has ended; False: it is held back.

        Adds to `removed` what there was.
        """
        if registration.case_id is None or not self._cases.has_ended(connection, registration.case_id):
            return False
        self._registrations.forget(connection, registration.id)
        removed.update({"intakes": 1, "found children": 1})
        return True
