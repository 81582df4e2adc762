"""What an audit entry says, and its one form in bytes. It never holds a face, a template, a child's name or a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from protocol import cbor
from protocol.errors import FieldError
from protocol.fields import Fields

_VERSION: Final = 1
_MAX_ENTRY: Final = 64 * 1024


class AuditAction(StrEnum):
    """Every change of state that leaves an entry. docs/reference.md lists them; a test keeps the two equal.

    A value stays for good: entries outlive the program that wrote them.
    """

    OPERATOR_ADDED = "operator.added"
    OPERATOR_SIGNED_IN = "operator.signed-in"
    OPERATOR_SIGN_IN_REFUSED = "operator.sign-in-refused"
    OPERATOR_SIGNED_OUT = "operator.signed-out"
    OPERATOR_CONFIRMED = "operator.confirmed"
    OPERATOR_CHANGED = "operator.changed"
    OPERATOR_DISABLED = "operator.disabled"
    OPERATOR_ENABLED = "operator.enabled"
    OPERATOR_LINKED = "operator.linked"
    OPERATOR_UNLINKED = "operator.unlinked"
    PASSWORD_CHANGED = "operator.password-changed"  # noqa: S105 - an action's name
    START_PASSWORD_GIVEN = "operator.start-password-given"  # noqa: S105 - an action's name
    SECOND_FACTOR_SET_UP = "operator.second-factor-set-up"
    SECOND_FACTOR_RESET = "operator.second-factor-reset"
    RECOVERY_CODE_USED = "operator.recovery-code-used"
    RECOVERY_CODES_RENEWED = "operator.recovery-codes-renewed"
    TRAIL_VIEWED = "audit.viewed"
    UNIT_REGISTERED = "unit.registered"
    UNIT_CHANGED = "unit.changed"
    UNIT_WITHDRAWN = "unit.withdrawn"
    UNIT_COUNTS_ANEW = "unit.counts-anew"
    STAFF_ADDED = "staff.added"
    STAFF_CHANGED = "staff.changed"
    STAFF_PIN_GIVEN = "staff.pin-given"
    STAFF_SUSPENDED = "staff.suspended"
    STAFF_RESUMED = "staff.resumed"
    STAFF_ENDED = "staff.ended"
    STAFF_LIST_RENEWED = "staff.list-renewed"
    STAFF_DOUBTED = "staff.doubted"
    FOUND_RECEIVED = "found.received"
    FOUND_WITHHELD = "found.withheld"
    FOUND_CHECKED = "found.checked"
    FOUND_VIEWED = "found.viewed"
    FOUND_MENDED = "found.mended"
    FOUND_REJECTED = "found.rejected"
    FOUND_EXPIRED = "found.expired"
    CASE_REGISTERED = "case.registered"
    CASE_RENEWED = "case.renewed"
    CASE_CHANGED = "case.changed"
    CASE_LOCATED = "case.located"
    CASE_REOPENED = "case.reopened"
    CASE_CLOSED = "case.closed"
    CASE_EXPIRED = "case.expired"
    CASE_ERASED = "case.erased"
    CASE_ERASURE_COMPLETED = "case.erasure-completed"
    CASE_VIEWED = "case.viewed"
    CASES_LISTED = "case.listed"
    CASE_EXPORTED = "case.exported"
    CASES_IMPORTED = "case.imported"
    CASES_DISTINCT = "case.distinct"
    CASES_MERGED = "case.merged"
    CASE_SEARCHED = "case.searched"
    REGISTERS_COMPARED = "register.compared"
    PHOTO_ADDED = "case.photo-added"
    PHOTO_REMOVED = "case.photo-removed"
    TEMPLATE_ADDED = "case.template-added"
    WATCHLIST_PUBLISHED = "watchlist.published"
    WATCHLIST_EXPORTED = "watchlist.exported"
    SIGHTING_RECEIVED = "sighting.received"
    SIGHTING_WITHOUT_CANDIDATES = "sighting.without-candidates"
    SIGHTING_WITHHELD = "sighting.withheld"
    SIGHTING_ERASED = "sighting.erased"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    ERASURE_ASKED = "erasure.asked"
    ERASURE_DECIDED = "erasure.decided"
    ERASURE_HELD = "erasure.held"
    ERASURE_COMPLETED = "erasure.completed"
    RETENTION_STOPPED = "retention.stopped"
    BACKUPS_DESTROYED = "backup.destroyed"
    MESSAGE_REJECTED = "message.rejected"
    MESSAGE_REFUSED = "message.refused"
    MESSAGE_LOST = "message.lost"
    FACES_VIEWED = "review.faces-viewed"
    NAME_VIEWED = "review.name-viewed"
    REVIEW_OPENED = "review.opened"
    REVIEW_NOT_REPEATED = "review.not-repeated"
    REVIEW_NOT_OPENED = "review.not-opened"
    REVIEW_CLAIMED = "review.claimed"
    REVIEW_RELEASED = "review.released"
    REVIEW_ANSWERED = "review.answered"
    REVIEW_DECIDED = "review.decided"
    REVIEW_ENDED = "review.ended"
    REVIEW_REMARKED = "review.remarked"
    CONTROL_PAIRS_LOADED = "review.control-pairs-loaded"
    NOTICE_QUEUED = "notice.queued"
    ALERT_RAISED = "alert.raised"
    ALERT_SENT = "alert.sent"
    ALERT_ESCALATED = "alert.escalated"
    ALERT_FOLLOWED_UP = "alert.followed-up"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_RECALLED = "alert.recalled"
    ALERT_PUBLISHED = "alert.published"
    ALERT_DELIVERED = "alert.delivered"
    ALERT_DELIVERY_FAILED = "alert.delivery-failed"
    BROADCAST_PROPOSED = "broadcast.proposed"
    BROADCAST_SCREENED = "broadcast.screened"
    RECIPIENT_ADDED = "recipient.added"
    RECIPIENT_REMOVED = "recipient.removed"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"


# Everything that a detail may be about: identifiers, counts, and words of the program. An entry outlives its
# subject, so nothing that describes a person may ever stand here; a test holds every call of `record` to it.
DETAILS: Final = frozenset(
    {
        "answer",  # a reviewer's or a provider's, of the fixed choices
        "attempt",  # number
        "broadcast",  # identifier
        "cases",  # identifiers, or how many
        "format",  # of a file that left or came in, of the fixed choices
        "other",  # identifier of another case
        "photo",  # identifier
        "register",  # missing or found
        "candidates",  # how many
        "evidence",  # why a review was opened, of the fixed choices
        "kind",  # of a review, a message or a recipient, of the fixed choices
        "dropped",  # how many candidates, because the hub does not know their cases
        "list_version",
        "number",  # of a unit's message, or of an alert's
        "outcome",  # of a review, of the fixed choices
        "pack",  # digest of a recogniser
        "pairs",  # how many
        "photos",  # how many
        "poor_photos",  # how many were taken although they are too poor to compare
        "position",  # first or second answer
        "proof",  # what an operator signed in with, of the fixed choices
        "purpose",  # of a look at faces or names, of the fixed choices
        "reason",  # the kind of an error, or what set off a publication
        "recipient",  # identifier
        "removed",  # how many
        "review",  # identifier
        "role",  # an operator's, or several
        "sighting",  # identifier
        "site",  # identifier, or several
        "source",  # identifier of what a review was opened for
        "until",  # day
        "upserts",  # how many
    }
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` did `action` to `subject` (an identifier) at `at` (milliseconds since 1970 UTC)."""

    action: AuditAction
    actor: str
    subject: str
    at: int
    detail: Mapping[str, str | int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Deterministic CBOR: what is stored, and what the tree's leaf is the hash of."""
        return cbor.encode(
            {
                "v": _VERSION,
                "action": str(self.action),
                "actor": self.actor,
                "subject": self.subject,
                "at": self.at,
                "detail": dict(self.detail),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "AuditEntry":
        """Raises MalformedError, FieldError or UnknownVersionError."""
        fields = Fields(cbor.decode(data, limit=_MAX_ENTRY), kind="audit entry", version=_VERSION)
        return cls(
            action=fields.choice("action", AuditAction),
            actor=fields.text("actor", limit=130),
            subject=fields.text("subject", limit=130),
            at=fields.milliseconds("at"),
            detail=_detail(fields.child("detail")),
        )


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    """An entry and its place in the trail, from 1 without a gap."""

    position: int
    entry: AuditEntry


def _detail(fields: Fields) -> dict[str, str | int]:
    return {name: _text_or_number(fields, name) for name in fields.names()}


def _text_or_number(fields: Fields, name: str) -> str | int:
    try:
        return fields.text(name, limit=_MAX_ENTRY)
    except FieldError:
        return fields.integer(name, low=-(2**63), high=2**63 - 1)
