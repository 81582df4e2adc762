"""What people are told when a case cannot be taken, changed or found."""

from faults import RejectedError
from protocol.ids import CaseId


class CaseError(RejectedError):
    """What was entered for a case cannot be taken."""


class UnknownCaseError(RejectedError):
    """There is no such case, or no such photograph of it."""


def unknown(case: CaseId) -> UnknownCaseError:
    """The error for a case that nobody knows; one of another site is no less unknown."""
    return UnknownCaseError("There is no case {case}.", case=case)
