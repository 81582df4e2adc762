"""Alerts, the messages that each of them sends, and how far these have come, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import NewType

from hub.clock import HOUR, MINUTE
from hub.dispatch.errors import AlertStageError
from hub.dispatch.recipient import Recipient, RecipientId, RecipientKind
from hub.ingest.capture_time import CaptureTime
from protocol.ids import CaseId, HubId, SiteId, owner

AlertId = NewType("AlertId", str)
MessageId = NewType("MessageId", str)


class AlertStatus(StrEnum):
    """CAP's status: what recipients are to take the alert for."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What every alert of this installation says of its origin.

    `console_url` without a path, such as https://desk.example:8443; `sender` is CAP's globally unique name of
    the originator, without spaces, commas, `<` or `&`; `sender_name` is what people read. `takes_replies`: whether
    a gateway hands on what recipients reply. `zone`: of the desk, in which messages say times.
    """

    hub: HubId
    console_url: str
    sender: str
    sender_name: str
    status: AlertStatus
    takes_replies: bool = False
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class AlertTimes:
    """In milliseconds: how long an alert waits for somebody to look at it, and for an acknowledgement."""

    preview: int = 10 * MINUTE
    escalation: int = 30 * MINUTE
    follow_ups: Sequence[int] = (24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR)


@dataclass(frozen=True, slots=True)
class Alert:
    """A confirmed match or a screened report, as it leaves the hub: references, and no name, face or score.

    Either `review_id` or `broadcast_id` says what it rests on. `countries`: whom it is for besides the hubs that own
    its site and case. `held_until`: when it goes without anyone having looked at it. `historical`: when the photograph
    was taken, where that was not just before it came.
    """

    id: AlertId
    review_id: str | None
    case: CaseId
    reference: str  # of the intake, as staff wrote it on paper; of a broadcast, the case's pseudonym
    site: SiteId
    status: AlertStatus
    raised_at: int  # milliseconds since 1970 UTC
    historical: CaptureTime | None = None
    held_until: int = 0
    broadcast_id: str | None = None
    countries: frozenset[str] = frozenset()

    @property
    def every_country(self) -> frozenset[str]:
        """The hubs whose recipients by country get it."""
        return self.countries | {owner(self.site), owner(self.case)}


class MessageKind(StrEnum):
    """What a message of an alert is, in the order in which they come."""

    ALERT = "alert"
    FOLLOW_UP = "follow-up"
    RECALL = "recall"
    ACKNOWLEDGEMENT = "acknowledgement"  # In the feed alone.


class RecallReason(StrEnum):
    """Why an alert no longer holds."""

    MISTAKE = "mistake"
    CHILD_SAFE = "child-safe"
    SENT_WRONGLY = "sent-wrongly"
    WITHDRAWN = "withdrawn"  # consent was taken back, and two people of the desk saw no reason to keep on


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """One thing that an alert says to its recipients. `number` counts those of a kind from 1."""

    id: MessageId
    alert: Alert
    kind: MessageKind
    number: int
    raised_at: int


class AttemptResult(StrEnum):
    """What became of one attempt to reach one recipient."""

    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"  # The service will take nothing for this recipient as things are.
    BUSY = "busy"  # The service asks to come back later.
    NO_ANSWER = "no-answer"  # It may have been taken.
    INTERRUPTED = "interrupted"  # The hub ended in the middle: it may have been taken.
    NOT_A_RECIPIENT = "not-a-recipient"

    @property
    def uncertain(self) -> bool:
        """Whether the recipient may have the message although nobody knows."""
        return self in (AttemptResult.NO_ANSWER, AttemptResult.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered. `code`: its status by HTTP, where it gave one.

    `retry_after`: how long it asks to be left alone, in milliseconds.
    """

    result: AttemptResult
    code: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; `number` counts from 1."""

    number: int
    at: int
    result: AttemptResult
    code: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether waiting for this recipient is of no use."""
        return self.result in (AttemptResult.REFUSED, AttemptResult.NOT_A_RECIPIENT)


class AcknowledgedBy(StrEnum):
    """How a recipient said that a message was read."""

    LINK = "link"
    REPLY = "reply"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A recipient's word that a message was read."""

    at: int
    by: AcknowledgedBy


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one recipient. `next_at`: the next attempt; `started_at` is None while it is kept in reserve.

    `turn`: the first of a kind are tried first; the others follow where these do not acknowledge.
    """

    message_id: MessageId
    recipient: RecipientId
    label: str
    kind: RecipientKind
    turn: int
    started_at: int | None
    next_at: int | None
    attempts: tuple[Attempt, ...] = ()
    acknowledged: Acknowledgement | None = None

    @property
    def sent_at(self) -> int | None:
        """When the recipient's provider took the message."""
        return next((attempt.at for attempt in self.attempts if attempt.result is AttemptResult.SENT), None)

    @property
    def is_refused(self) -> bool:
        """Whether waiting for this recipient is of no use."""
        return bool(self.attempts) and self.attempts[-1].is_refused

    @property
    def may_repeat(self) -> bool:
        """Whether the recipient may have got the message already."""
        return any(attempt.result.uncertain for attempt in self.attempts)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not reached its end: messages not in the feed, deliveries that wait, and those tried in vain so far.

    `failures` counts every attempt in vain there ever was; `held`, alerts that wait for somebody to look at them;
    `unrecalled`, deliveries of recalls that have not been taken.
    """

    unpublished: int
    waiting: int
    failing: int
    failures: int
    held: int
    unrecalled: int


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message and how far it has come. `published_at` is None until it stands in the feed."""

    message: AlertMessage
    published_at: int | None
    deliveries: tuple[Delivery, ...]

    @property
    def complete(self) -> bool:
        """Whether it has been taken for everyone it is for."""
        return all(one.sent_at is not None for one in self.deliveries)


class Stage(StrEnum):
    """How far an alert has come."""

    HELD = "held"
    SENT = "sent"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert and its messages, in the order in which they were raised."""

    alert: Alert
    messages: tuple[MessageState, ...]

    def of(self, kind: MessageKind) -> MessageState | None:
        """The first message of a kind."""
        return next((one for one in self.messages if one.message.kind == kind), None)

    @property
    def stage(self) -> Stage:
        """Held until it is sent; recalled for good."""
        if self.of(MessageKind.RECALL):
            return Stage.RECALLED
        return Stage.SENT if self.of(MessageKind.ALERT) else Stage.HELD

    @property
    def recall(self) -> MessageState | None:
        """The recall, if there is one."""
        return self.of(MessageKind.RECALL)

    @property
    def published_at(self) -> int | None:
        """When the alert itself came into the feed."""
        first = self.of(MessageKind.ALERT)
        return None if first is None else first.published_at

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Those of the alert itself."""
        first = self.of(MessageKind.ALERT)
        return () if first is None else first.deliveries

    def require(self, stage: Stage) -> None:
        """Raises AlertStageError."""
        if self.stage is not stage:
            raise AlertStageError(
                "Somebody was faster: this alert has been sent or recalled meanwhile. Open it again to see how far"
                " it has come."
            )


@dataclass(frozen=True, slots=True)
class Preview:
    """What one recipient would get."""

    recipient: Recipient
    title: str
    body: str
