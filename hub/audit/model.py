"""What an audit entry says. It never holds a face, a template, a name of a child or a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AuditAction(StrEnum):
    """Every change of state that leaves an entry. docs/operations.md lists them; a test keeps the two equal."""

    OPERATOR_ADDED = "operator.added"
    OPERATOR_SIGNED_IN = "operator.signed-in"
    OPERATOR_SIGN_IN_REFUSED = "operator.sign-in-refused"
    OPERATOR_SIGNED_OUT = "operator.signed-out"
    UNIT_REGISTERED = "unit.registered"
    UNIT_CHANGED = "unit.changed"
    UNIT_WITHDRAWN = "unit.withdrawn"
    CASE_REGISTERED = "case.registered"
    CASE_RENEWED = "case.renewed"
    CASE_LOCATED = "case.located"
    WATCHLIST_PUBLISHED = "watchlist.published"
    SIGHTING_RECEIVED = "sighting.received"
    SIGHTING_WITHOUT_CANDIDATES = "sighting.without-candidates"
    MESSAGE_REJECTED = "message.rejected"
    FACES_VIEWED = "review.faces-viewed"
    REVIEW_OPENED = "review.opened"
    REVIEW_ANSWERED = "review.answered"
    REVIEW_DECIDED = "review.decided"
    NOTICE_QUEUED = "notice.queued"
    ALERT_RAISED = "alert.raised"
    ALERT_PUBLISHED = "alert.published"
    ALERT_DELIVERED = "alert.delivered"
    ALERT_DELIVERY_FAILED = "alert.delivery-failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` did `action` to `subject` (an identifier) at `at` (milliseconds since 1970 UTC)."""

    action: AuditAction
    actor: str
    subject: str
    at: int
    detail: Mapping[str, str | int] = field(default_factory=dict)
