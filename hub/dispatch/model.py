"""Alerts, deliveries and attempts as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from faults import MisconfiguredError, RejectedError, UnavailableError
from protocol.ids import CaseId, HubId, SiteId

AlertId = NewType("AlertId", str)


class UnknownAlertError(RejectedError):
    """There is no such alert."""


class RecipientsError(MisconfiguredError):
    """The file of recipients cannot be used. The message names the line, never its content."""


class FeedUnavailableError(UnavailableError):
    """The folder of the feed cannot be written now. The alert stays in the database and is tried again."""


class AlertStatus(StrEnum):
    """CAP's status: what recipients are to take the alert for."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What every alert of this installation says of its origin.

    `console_url` without a path, such as https://desk.example:8443; `sender` is CAP's globally unique name of
    the originator, without spaces, commas, `<` or `&`; `sender_name` is what people read.
    """

    hub: HubId
    console_url: str
    sender: str
    sender_name: str
    status: AlertStatus


@dataclass(frozen=True, slots=True)
class Alert:
    """A confirmed match, as it leaves the hub: references, and no name, face or score."""

    id: AlertId
    review_id: str
    case: CaseId
    reference: str  # of the intake, as staff wrote it on paper
    site: SiteId
    status: AlertStatus
    raised_at: int  # milliseconds since 1970 UTC
    historical: str | None = None  # when the photograph was taken, in words, where that was not just now


class AttemptResult(StrEnum):
    """What became of one attempt to reach one recipient."""

    SENT = "sent"
    FAILED = "failed"
    NOT_A_RECIPIENT = "not-a-recipient"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; `number` counts from 1."""

    number: int
    at: int
    result: AttemptResult


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert to one recipient; `next_at` is None once it is sent."""

    alert_id: AlertId
    recipient: str
    label: str
    next_at: int | None
    attempts: tuple[Attempt, ...]

    @property
    def sent_at(self) -> int | None:
        """When the recipient's provider took the message."""
        return next((attempt.at for attempt in self.attempts if attempt.result is AttemptResult.SENT), None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not reached its end: alerts not in the feed, deliveries that wait, and those tried in vain so far.

    `failures` counts every attempt in vain there ever was.
    """

    unpublished: int
    waiting: int
    failing: int
    failures: int


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert and how far it has come. `published_at` is None until it stands in the feed."""

    alert: Alert
    published_at: int | None
    deliveries: tuple[Delivery, ...]
