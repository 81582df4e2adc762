"""What a receipt does to a found child of the register: the family is looked for until a case officer ends that."""

from collections import Counter
from typing import Protocol

from sqlalchemy import Connection

from hub.erasure.service import ErasureService
from protocol.ids import CaseId, FoundId


class Registrations(Protocol):
    """What units have registered."""

    def of_withdrawal(self, connection: Connection, withdrawal: str, /) -> list[tuple[FoundId, CaseId | None]]:
        """The registrations, with their cases, of which a receipt is."""

    def consent(self, connection: Connection, found: FoundId, /) -> object | None:
        """What permitted a registration; None once it was forgotten."""

    def forget(self, connection: Connection, found: FoundId, /) -> None:
        """Empty a registration of all that describes the child."""

    def expire(self, connection: Connection, until: int, /, *, actor: str, at: int) -> int:
        """Empty registrations that came until a moment and never became a case, some at a time; how many."""


class FoundErasing:
    """Joins the caller's transaction."""

    def __init__(self, registrations: Registrations, cases: ErasureService) -> None:
        self._registrations = registrations
        self._cases = cases

    def erase(self, connection: Connection, withdrawal: str, removed: "Counter[str]") -> bool:
        """Forget registrations whose case a case officer has ended; whether any is held back.

        Adds to `removed` what there was.
        """
        held = False
        for found, case in self._registrations.of_withdrawal(connection, withdrawal):
            if self._registrations.consent(connection, found) is None:
                continue
            if case is None or not self._cases.has_ended(connection, case):
                held = True
                continue
            self._registrations.forget(connection, found)
            removed.update({"intakes": 1, "found children": 1})
        return held
