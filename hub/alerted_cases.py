"""What alerts ask the registers about the case that they are of."""

from sqlalchemy import Connection

from hub.cases.service import CaseService, CaseState, CaseSummary, Register, UnknownCaseError
from protocol.ids import CaseId

_OVER = frozenset({CaseState.CLOSED, CaseState.EXPIRED, CaseState.ERASED})


class AlertedCases:
    """The cases of this hub. Another hub's are not known here, and an alert may be of one."""

    def __init__(self, cases: CaseService) -> None:
        self._cases = cases

    def is_over(self, connection: Connection, case: CaseId) -> bool:
        """Whether a case has ended, so that nobody needs to be asked any more."""
        found = self._going_on(connection, case)
        return found is not None and found.state in _OVER

    def is_sought(self, connection: Connection, case: CaseId) -> bool:
        """Whether a case is of a child who is missing now."""
        found = self._going_on(connection, case)
        return found is not None and found.register is Register.MISSING and found.state is CaseState.OPEN

    def known_as(self, connection: Connection, case: CaseId) -> frozenset[CaseId]:
        """Every identifier under which the child has stood."""
        try:
            return self._cases.reader.known_as(connection, case)
        except UnknownCaseError:
            return frozenset({case})

    def _going_on(self, connection: Connection, case: CaseId) -> CaseSummary | None:
        try:
            return self._cases.summary(connection, self._cases.surviving(connection, case))
        except UnknownCaseError:
            return None
