"""Raising alerts, sending and recalling them, and telling how far each has come."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from hub.access.service import Operator
from hub.atrest import Vault
from hub.audit.service import AuditAction, record
from hub.clock import Clock
from hub.db import Database
from hub.dispatch import ledger_store, store
from hub.dispatch.acknowledging import Acknowledging
from hub.dispatch.atom import atom_index
from hub.dispatch.broadcasts import Broadcasts, Report, Verdict
from hub.dispatch.cap import check_sender
from hub.dispatch.directory import RecipientDirectory
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.errors import (
    AddressError,
    AlertStageError,
    BroadcastError,
    RecipientError,
    ReplySecretError,
    UnknownAlertError,
    UnknownTokenError,
)
from hub.dispatch.message import letter
from hub.dispatch.model import (
    AcknowledgedBy,
    Alert,
    AlertId,
    AlertMessage,
    AlertSettings,
    AlertState,
    AlertStatus,
    AlertTimes,
    AttemptResult,
    Backlog,
    MessageId,
    MessageKind,
    MessageState,
    Preview,
    RecallReason,
    Stage,
)
from hub.dispatch.outbox import Outbox
from hub.dispatch.recipient import Channel, Grade, NewRecipient, Reach, Recipient, RecipientKind
from hub.dispatch.recipients import Witness, load_witnesses, read_addresses
from hub.dispatch.schedule import Schedule
from hub.ingest.capture_time import CaptureTime
from hub.sites import EVERY_SITE, Sites
from protocol.ids import CaseId, SiteId
from protocol.keys import SigningKey

__all__ = [
    "AcknowledgedBy",
    "AddressError",
    "AlertSettings",
    "AlertStageError",
    "AlertStatus",
    "AlertTimes",
    "AttemptResult",
    "BroadcastError",
    "Channel",
    "DispatchService",
    "Dispatcher",
    "Grade",
    "MessageKind",
    "NewRecipient",
    "Reach",
    "RecallReason",
    "Recipient",
    "RecipientError",
    "RecipientKind",
    "ReplySecretError",
    "Report",
    "Stage",
    "UnknownAlertError",
    "UnknownTokenError",
    "Verdict",
    "Witness",
    "load_witnesses",
    "read_addresses",
]

PAGE_LENGTH = 100


class DispatchService:
    """The alerts of one hub. Every method joins the caller's transaction.

    `directory`: whom alerts go to; `broadcasts`: the screening of reports; `acknowledging`: what recipients answer.
    """

    def __init__(
        self,
        settings: AlertSettings,
        vault: Vault,
        key: SigningKey,
        *,
        is_over: Callable[[Connection, CaseId], bool],
        is_sought: Callable[[Connection, CaseId], bool],
        known_as: Callable[[Connection, CaseId], frozenset[CaseId]],
        times: AlertTimes | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`key` signs the documents of the feed.

        `is_over`: whether a case has ended; `is_sought`: whether it is of a child who is missing now; `known_as`: all
        of its names.
        """
        self.settings = settings
        self._times = times or AlertTimes()
        self._random = random
        self._known_as = known_as
        self._is_sought = is_sought
        self.directory = RecipientDirectory(vault, known_as, random)
        self.outbox = Outbox(settings, vault, key, random)
        self.schedule = Schedule(self.outbox, self.directory, self._times, is_over)
        self.broadcasts = Broadcasts(vault, random)
        self.acknowledging = Acknowledging(settings, self.outbox, self.directory)

    def dispatcher(self, database: Database, feed: Path, clock: Clock) -> Dispatcher:
        """The worker that sends; one at a time for each database."""
        return Dispatcher(database, self.settings, self.directory, self.outbox, self.schedule, feed=feed, clock=clock)

    def raise_alert(
        self,
        connection: Connection,
        *,
        review_id: str,
        case: CaseId,
        reference: str,
        site: SiteId,
        actor: str,
        at: int,
        historical: CaptureTime | None = None,
    ) -> None:
        """Put an alert into the decision's own transaction. It is held for a while, so that somebody can look at it.

        `historical`: when the photograph was taken, where that was not just before it was received.
        The database refuses it (IntegrityError) where the review has not been confirmed by two people.
        """
        # A reference comes from a device and goes into headers of messages: no line break may come with it.
        reference = "".join(one if one.isprintable() else "\ufffd" for one in reference)
        held = at + self._times.preview
        id_ = AlertId(self._random(8).hex())
        alert = Alert(id_, review_id, case, reference, site, self.settings.status, at, historical, held)
        self._raise(connection, alert, actor)

    def send(self, connection: Connection, alert_id: str, sites: Sites, *, actor: str, at: int) -> None:
        """Send what is held, now. Raises UnknownAlertError or AlertStageError."""
        state = self.alert(connection, alert_id, sites)
        state.require(Stage.HELD)
        self.schedule.send(connection, state.alert, actor=actor, at=at)

    def recall(
        self, connection: Connection, alert_id: str, sites: Sites, reason: RecallReason, *, actor: str, at: int
    ) -> None:
        """Take an alert back from everyone who may have got it. Raises UnknownAlertError or AlertStageError."""
        state = self.alert(connection, alert_id, sites)
        if state.stage is Stage.RECALLED:
            raise AlertStageError("This alert has been recalled already. Its page shows whom the recall has reached.")
        alert = state.alert
        reached = sorted(ledger_store.reached(connection, alert.id))
        recipients = [found for one in reached if (found := self.directory.find(connection, one)) is not None]
        store.end_hold(connection, alert.id)
        store.end_following(connection, alert.id)
        ledger_store.stop(connection, alert.id)
        self.outbox.put(connection, alert, MessageKind.RECALL, recipients, actor=actor, at=at, reason=str(reason))

    def withdraw(self, connection: Connection, review_id: str, *, actor: str, at: int) -> AlertId | None:
        """Recall the alert of a review because consent was taken back; the alert, if there is one."""
        found = store.find_alert_of(connection, review_id)
        if found is None:
            return None
        if not self.is_recalled(connection, found.id):
            self.recall(connection, found.id, EVERY_SITE, RecallReason.WITHDRAWN, actor=actor, at=at)
        return found.id

    def is_told(self, connection: Connection, alert_id: str) -> bool:
        """Whether everyone who may have got an alert has its recall. Raises UnknownAlertError."""
        recall = self.alert(connection, alert_id, EVERY_SITE).recall
        return recall is not None and recall.complete

    def previews(self, connection: Connection, alert_id: str, sites: Sites) -> list[Preview]:
        """What each recipient of today would get, with a link that confirms nothing. Raises UnknownAlertError."""
        alert = self.alert(connection, alert_id, sites).alert
        message = AlertMessage(MessageId("0" * 16), alert, MessageKind.ALERT, 1, alert.raised_at)
        shown = []
        for one in self.directory.chosen(connection, alert):
            text = letter(message, one, self.settings, self.outbox.confirmation(message.id, one.id))
            shown.append(Preview(one, text.title, text.body))
        return shown

    def propose(self, connection: Connection, report: Report, operator: Operator, at: int) -> str:
        """As `Broadcasts.propose`, of a child who is missing now. Raises BroadcastError."""
        self._require_sought(connection, report.case)
        return self.broadcasts.propose(connection, report, operator, at)

    def screen(
        self, connection: Connection, broadcast_id: str, verdict: Verdict, operator: Operator, at: int
    ) -> AlertId | None:
        """As `Broadcasts.screen`; an approved broadcast is held and sent like any alert. Raises BroadcastError."""
        alert = self.broadcasts.screen(connection, broadcast_id, verdict, operator, at)
        if alert is None:
            return None
        self._require_sought(connection, alert.case)
        held = replace(alert, status=self.settings.status, held_until=at + self._times.preview)
        self._raise(connection, held, operator.name)
        return alert.id

    def is_recalled(self, connection: Connection, alert_id: AlertId) -> bool:
        """Whether an alert no longer holds."""
        return any(one.kind is MessageKind.RECALL for one in store.messages_of(connection, [alert_id]))

    def alerted_reviews(self, connection: Connection, since: int) -> frozenset[str]:
        """The reviews whose decision raised an alert from a moment on (milliseconds since 1970 UTC)."""
        return store.alerted_reviews(connection, since)

    def acknowledged_reviews(self, connection: Connection, since: int) -> frozenset[str]:
        """Those of them whose alert somebody has acknowledged."""
        return ledger_store.acknowledged_reviews(connection, since)

    def backlog(self, connection: Connection) -> Backlog:
        """What has not reached its end."""
        return Backlog(
            unpublished=store.unpublished_count(connection),
            waiting=ledger_store.waiting_count(connection),
            failing=ledger_store.failing_count(connection),
            failures=ledger_store.failure_count(connection),
            held=store.held_count(connection),
            unrecalled=ledger_store.unrecalled_count(connection),
        )

    def alert_count(self, connection: Connection, sites: Sites) -> int:
        """How many alerts of the sites have been raised."""
        return store.count(connection, sites)

    def alerts(self, connection: Connection, sites: Sites) -> Sequence[AlertState]:
        """The newest alerts of the sites and how far each has come."""
        return self._states(connection, store.newest(connection, sites, PAGE_LENGTH))

    def about(self, connection: Connection, case: CaseId, sites: Sites) -> Sequence[AlertState]:
        """The alerts of a case, under whichever identifier it stood then, the newest first."""
        return self._states(connection, store.about(connection, self._known_as(connection, case), sites))

    def reports_about(self, connection: Connection, case: CaseId, sites: Sites) -> int:
        """How many reports of a case wait to be screened before they go out."""
        names = self._known_as(connection, case)
        return sum(one.report.case in names for one in self.broadcasts.waiting(connection, sites))

    def alert(self, connection: Connection, alert_id: str, sites: Sites) -> AlertState:
        """One alert. Raises UnknownAlertError, also for one of another site: that there is one is no less a secret."""
        found = store.find_alert(connection, alert_id)
        if found is None or not sites.include(found.site):
            raise UnknownAlertError("There is no such alert. Go to the list of alerts and choose one from there.")
        return self._states(connection, [found])[0]

    def alert_of(self, connection: Connection, review_id: str) -> AlertId | None:
        """The alert that a review's decision raised."""
        found = store.find_alert_of(connection, review_id)
        return None if found is None else found.id

    def document(self, connection: Connection, message_id: str, sites: Sites) -> tuple[bytes, bytes]:
        """The CAP document of a message, and the hub's signature of it. Raises UnknownAlertError."""
        message = store.find_message(connection, message_id)
        if message is None or not sites.include(message.alert.site):
            raise UnknownAlertError("There is no such message. Go to the list of alerts and choose one from there.")
        return store.document_of(connection, message.id)

    def index(self, connection: Connection, sites: Sites, at: int) -> bytes:
        """The Atom index of the sites' messages as it would be written now."""
        return atom_index(store.published(connection, sites, PAGE_LENGTH), self.settings, at)

    def _require_sought(self, connection: Connection, case: CaseId) -> None:
        if not self._is_sought(connection, case):
            raise BroadcastError(
                "Nobody is missing under this case now: it is not known here, the child was found, or it has ended."
            )

    def _raise(self, connection: Connection, alert: Alert, actor: str) -> None:
        check_sender(self.settings)
        store.add_alert(connection, alert)
        at, action = alert.raised_at, AuditAction.ALERT_RAISED
        review, broadcast = alert.review_id or "", alert.broadcast_id or ""
        record(connection, action, actor=actor, subject=alert.id, at=at, review=review, broadcast=broadcast)
        if alert.held_until <= alert.raised_at:
            self.schedule.send(connection, alert, actor=actor, at=at)

    def _states(self, connection: Connection, some: Sequence[Alert]) -> list[AlertState]:
        messages = store.messages_of(connection, [alert.id for alert in some])
        identifiers = [message.id for message in messages]
        published = store.publications(connection, identifiers)
        deliveries = ledger_store.deliveries_of(connection, identifiers, self.directory.labels(connection))
        found: dict[AlertId, list[MessageState]] = {alert.id: [] for alert in some}
        for one in messages:
            state = MessageState(one, published.get(one.id), tuple(deliveries[one.id]))
            found[one.alert.id].append(state)
        return [AlertState(alert, tuple(found[alert.id])) for alert in some]
