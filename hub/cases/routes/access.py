"""Who may open a case's pages, what they show, and where they lie."""

from datetime import date
from typing import Annotated, Final

from fastapi import Depends

from hub.access.service import Field, Role
from hub.cases.service import CaseError, CaseFile
from hub.desk import Services, SignedInVisitor
from protocol.ids import CaseId

OFFICER: Final = Role.CASE_OFFICER
CASEWORK: Final = "casework"
"""For what case officers look at names and faces, as the audit trail has it."""

SHOWN: Final = (
    Field.CASE,
    Field.POLICE_REFERENCE,
    Field.FACE,
    Field.CHILD_NAME,
    Field.DESCRIPTION,
    Field.CONTACT,
    Field.OPERATOR_NAME,
)


def _case(hub: str, name: str, services: Services, visitor: SignedInVisitor) -> CaseFile:
    """The case that an address names, if it is of the visitor's sites. Raises UnknownCaseError."""
    with services.database.read() as connection:
        return services.register.cases.file_of(connection, f"{hub}/{name}", visitor.operator)


OpenedCase = Annotated[CaseFile, Depends(_case)]


def day_of(text: str) -> date | None:
    """The day on which a photograph was taken, if it was given. Raises CaseError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CaseError("The day on which a photograph was taken is no day. Write YYYY-MM-DD.") from None


def address(case: CaseId) -> str:
    """A case's page."""
    return f"/cases/{case}"
