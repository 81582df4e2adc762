"""The pages that the console's head leads to, and where each person's work begins. A test holds it to the routes."""

from dataclasses import dataclass
from typing import Final

from faults import Sentence
from hub.access.service import Operator, Role

_REVIEWERS: Final = frozenset({Role.REVIEWER, Role.SENIOR_REVIEWER})


@dataclass(frozen=True, slots=True)
class Destination:
    """A page in the head; `key` is what the page calls itself there."""

    path: str
    label: Sentence
    key: str
    roles: frozenset[Role]


NAVIGATION: Final = (
    Destination("/", Sentence("To review"), "queue", _REVIEWERS),
    Destination("/decisions", Sentence("Decided"), "decisions", _REVIEWERS),
    Destination("/accuracy", Sentence("Accuracy"), "accuracy", _REVIEWERS),
    Destination("/cases", Sentence("Cases"), "cases", frozenset({Role.CASE_OFFICER})),
    Destination("/found-children", Sentence("Found children"), "found-children", frozenset({Role.CASE_OFFICER})),
    Destination(
        "/withdrawals", Sentence("Withdrawals"), "withdrawals", frozenset({Role.CASE_OFFICER, Role.SENIOR_REVIEWER})
    ),
    Destination("/alerts", Sentence("Alerts"), "alerts", _REVIEWERS | {Role.CASE_OFFICER, Role.DISPATCHER}),
    Destination(
        "/broadcasts", Sentence("Broadcasts"), "broadcasts", frozenset({Role.SENIOR_REVIEWER, Role.DISPATCHER})
    ),
    Destination("/recipients", Sentence("Recipients"), "recipients", frozenset({Role.DISPATCHER, Role.ADMINISTRATOR})),
    Destination(
        "/units",
        Sentence("Units"),
        "units",
        _REVIEWERS | {Role.TECHNICIAN, Role.WATCHLIST_PUBLISHER, Role.ADMINISTRATOR},
    ),
    Destination("/site-staff", Sentence("Site staff"), "site-staff", frozenset({Role.TECHNICIAN, Role.ADMINISTRATOR})),
    Destination("/operators", Sentence("Operators"), "operators", frozenset({Role.ADMINISTRATOR})),
    Destination("/audit", Sentence("Audit trail"), "audit", frozenset({Role.AUDITOR})),
    Destination(
        "/statistics",
        Sentence("Statistics"),
        "statistics",
        frozenset({Role.SENIOR_REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR}),
    ),
)


def destinations(operator: Operator) -> list[Destination]:
    """What the head shows to somebody."""
    return [one for one in NAVIGATION if operator.may(*one.roles)]


def home(operator: Operator) -> str:
    """Where somebody's work begins."""
    return next((one.path for one in destinations(operator)), "/account")
