"""Which fields of a page each role may read. A field that a route does not name is shown to nobody there."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from hub.access.model import Role


class Field(StrEnum):
    """What a page can say of a child, of a candidate or of a colleague."""

    FACE = "face"
    SCORE = "score"
    CASE = "case"
    POLICE_REFERENCE = "police reference"
    INTAKE_REFERENCE = "intake reference"
    CHILD_NAME = "child's name"
    DESCRIPTION = "description"
    CONTACT = "reporter and guardians"
    COMMENT = "comment"
    OPERATOR_NAME = "operator's name"
    RECIPIENT = "recipient"
    SITE_STAFF = "site staff's name"
    CHILD_SAYS = "what the child says"


_REVIEWERS: Final = frozenset({Role.REVIEWER, Role.SENIOR_REVIEWER})

READERS: Final[Mapping[Field, frozenset[Role]]] = {
    Field.FACE: _REVIEWERS | {Role.CASE_OFFICER},
    Field.SCORE: _REVIEWERS,
    Field.CASE: _REVIEWERS | {Role.CASE_OFFICER, Role.DISPATCHER},
    Field.POLICE_REFERENCE: _REVIEWERS | {Role.CASE_OFFICER},
    Field.INTAKE_REFERENCE: _REVIEWERS | {Role.CASE_OFFICER, Role.DISPATCHER},
    Field.CHILD_NAME: frozenset({Role.CASE_OFFICER}),
    Field.DESCRIPTION: frozenset({Role.CASE_OFFICER}),
    Field.CONTACT: frozenset({Role.CASE_OFFICER}),
    Field.COMMENT: _REVIEWERS,
    Field.OPERATOR_NAME: _REVIEWERS | {Role.CASE_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR},
    Field.RECIPIENT: _REVIEWERS | {Role.DISPATCHER, Role.ADMINISTRATOR},
    Field.CHILD_SAYS: _REVIEWERS,
    Field.SITE_STAFF: frozenset(
        {Role.TECHNICIAN, Role.ADMINISTRATOR, Role.CASE_OFFICER, Role.SENIOR_REVIEWER, Role.DISPATCHER}
    ),
}


def readable(roles: Iterable[Role]) -> frozenset[Field]:
    """Every field that someone with these roles may read where a route shows it."""
    held = frozenset(roles)
    return frozenset(field for field in Field if held & READERS.get(field, frozenset()))
