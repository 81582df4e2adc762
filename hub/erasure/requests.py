"""Erasing an intake without its receipt: somebody of the desk asks, and another person decides.

For people who have lost their receipt, and for what a receipt alone does not end: ADR 0154.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from faults import RejectedError
from hub.access.service import Operator
from hub.audit.service import AuditAction, record
from hub.erasure import request_store
from hub.erasure.model import ErasureRequest, IntakeErasure, RequestReason
from hub.erasure.withdrawals import Withdrawals
from hub.ingest.service import SightingEraser, UnknownReferenceError


class ErasureRequestError(RejectedError):
    """A request for an erasure that cannot be made or decided so."""


class ErasureRequests:
    """Joins the caller's transaction."""

    def __init__(self, sightings: SightingEraser, withdrawals: Withdrawals, entropy: Callable[[int], bytes]) -> None:
        self._sightings = sightings
        self._withdrawals = withdrawals
        self._entropy = entropy

    def ask(
        self, connection: Connection, reference: str, reason: RequestReason, operator: Operator, at: int
    ) -> ErasureRequest:
        """Ask for the erasure of the intake with a paper's number.

        Raises UnknownReferenceError or ErasureRequestError.
        """
        found = [one for one in self._sightings.of_reference(connection, reference) if operator.sites.include(one.site)]
        if not found:
            raise UnknownReferenceError("No intake of your sites with this reference is kept here.")
        withdrawal = found[0].withdrawal
        if withdrawal is None:
            raise ErasureRequestError(
                "This intake is from before consent records. Its end comes by retention; nothing else erases it."
            )
        request = ErasureRequest(
            self._entropy(8).hex(), withdrawal, found[0].reference, found[0].site, reason, operator.id, at
        )
        request_store.add(connection, request)
        action, why = AuditAction.ERASURE_ASKED, str(reason)
        record(connection, action, actor=operator.name, subject=request.id, at=at, reason=why)
        return request

    def waiting(self, connection: Connection, operator: Operator) -> list[ErasureRequest]:
        """What somebody asked for at one person's sites, and nobody has decided."""
        return request_store.waiting(connection, operator.sites)

    def decide(
        self, connection: Connection, request_id: str, operator: Operator, at: int, *, approve: bool
    ) -> IntakeErasure | None:
        """Another person's word; the erasure, where that is yes. Raises ErasureRequestError."""
        request = request_store.find(connection, request_id)
        if request is None or not operator.sites.include(request.site):
            raise ErasureRequestError("There is no such request, or somebody was faster. Go back to the list.")
        if request.asked_by == operator.id:
            raise ErasureRequestError("You have asked for this erasure yourself: another person decides it.")
        request_store.decide(connection, request.id, operator=operator.id, at=at, approved=approve)
        action, outcome = AuditAction.ERASURE_DECIDED, "approved" if approve else "refused"
        record(connection, action, actor=operator.name, subject=request.id, at=at, outcome=outcome)
        if not approve:
            return None
        return self._withdrawals.take_for_the_desk(connection, request.withdrawal, actor=operator.name, at=at)
