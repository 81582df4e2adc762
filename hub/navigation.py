"""The pages that the console's head leads to, and where each person's work begins. A test holds it to the routes."""

from dataclasses import dataclass
from typing import Final

from hub.access.service import Operator, Role

_REVIEWERS: Final = frozenset({Role.REVIEWER, Role.SENIOR_REVIEWER})


@dataclass(frozen=True, slots=True)
class Destination:
    """A page in the head; `key` is what the page calls itself there."""

    path: str
    label: str
    key: str
    roles: frozenset[Role]


NAVIGATION: Final = (
    Destination("/", "To review", "queue", _REVIEWERS),
    Destination("/decisions", "Decided", "decisions", _REVIEWERS),
    Destination("/accuracy", "Accuracy", "accuracy", _REVIEWERS),
    Destination("/cases", "Cases", "cases", frozenset({Role.CASE_OFFICER})),
    Destination("/alerts", "Alerts", "alerts", _REVIEWERS | {Role.CASE_OFFICER, Role.DISPATCHER}),
    Destination("/broadcasts", "Broadcasts", "broadcasts", frozenset({Role.SENIOR_REVIEWER, Role.DISPATCHER})),
    Destination("/recipients", "Recipients", "recipients", frozenset({Role.DISPATCHER, Role.ADMINISTRATOR})),
    Destination(
        "/units",
        "Units",
        "units",
        _REVIEWERS | {Role.TECHNICIAN, Role.WATCHLIST_PUBLISHER, Role.ADMINISTRATOR},
    ),
    Destination("/operators", "Operators", "operators", frozenset({Role.ADMINISTRATOR})),
    Destination("/audit", "Audit trail", "audit", frozenset({Role.AUDITOR})),
)


def destinations(operator: Operator) -> list[Destination]:
    """What the head shows to somebody."""
    return [one for one in NAVIGATION if operator.may(*one.roles)]


def home(operator: Operator) -> str:
    """Where somebody's work begins."""
    return next((one.path for one in destinations(operator)), "/account")
