"""The worker that takes alerts out of the database: into the feed first, then to each recipient.

An attempt is entered in the ledger after the provider has answered. A crash in between repeats the message: a
recipient may get an alert twice, and never not at all.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from faults import UnavailableError
from hub.audit.service import AuditAction, record
from hub.clock import HOUR, SECOND, Clock
from hub.db import Database
from hub.dispatch import store
from hub.dispatch.atom import atom_index
from hub.dispatch.feed import Feed
from hub.dispatch.message import alert_message
from hub.dispatch.model import Alert, AlertSettings, Attempt, AttemptResult, Delivery
from hub.dispatch.recipients import Recipients
from hub.sites import EVERY_SITE

_LOOK_EVERY_SECONDS = 1.0
_LOOK_AFTER_TROUBLE_SECONDS = 15.0
_FIRST_RETRY = 30 * SECOND
_LONGEST_RETRY = HOUR
_FEED_LENGTH = 100

log = structlog.get_logger()


class Dispatcher:
    """Publishes and delivers what the decisions raised. One at a time for each database."""

    def __init__(
        self, database: Database, settings: AlertSettings, recipients: Recipients, feed: Path, clock: Clock
    ) -> None:
        """`feed`: the folder of the feed, made when it is missing."""
        self._database = database
        self._settings = settings
        self._recipients = recipients
        self._feed = Feed(feed)
        self._clock = clock
        self._wake = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; call `wake` after setting it. What is unavailable is tried again."""
        restored = False
        while not stop.is_set():
            restored = restored or self._try(self.restore_feed)
            # Each on its own: a feed that cannot be written must not keep messages from people.
            done = [self._try(self.publish), self._try(lambda: self.deliver(stop))]
            self._wake.wait(_LOOK_EVERY_SECONDS if restored and all(done) else _LOOK_AFTER_TROUBLE_SECONDS)
            self._wake.clear()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def restore_feed(self) -> None:
        """Write what the feed's folder lacks, after a restored backup for example. Raises UnavailableError."""
        with self._database.read() as connection:
            entries = store.published(connection, EVERY_SITE, _FEED_LENGTH)
            documents = [(one, store.document_of(connection, one)) for one, _ in entries if not self._feed.holds(one)]
        for alert, document in documents:
            self._feed.write_alert(alert, document)
        self._feed.write_index(atom_index(entries, self._settings, self._clock()))

    def publish(self) -> None:
        """Write each new alert into the feed. Raises UnavailableError."""
        with self._database.read() as connection:
            waiting = store.unpublished(connection)
        for alert in waiting:
            self._publish(alert)

    def deliver(self, stop: threading.Event | None = None) -> None:
        """Make each attempt that is due. Raises UnavailableError."""
        with self._database.read() as connection:
            waiting = store.due(connection, self._clock())
        for delivery in waiting:
            if stop is not None and stop.is_set():
                return
            self._attempt(delivery)

    def _try(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except UnavailableError as error:
            log.warning("dispatch.unavailable", error=str(error))
            return False
        return True

    def _publish(self, alert: Alert) -> None:
        at = self._clock()
        with self._database.read() as connection:
            document = store.document_of(connection, alert)
            entries = store.published(connection, EVERY_SITE, _FEED_LENGTH)
        # Both files are there before the database says so: a crash in between writes the same again.
        self._feed.write_alert(alert, document)
        self._feed.write_index(atom_index([(alert, at), *entries][:_FEED_LENGTH], self._settings, at))
        with self._database.begin() as connection:
            store.add_publication(connection, alert.id, at)
            record(connection, AuditAction.ALERT_PUBLISHED, actor="hub", subject=alert.id, at=at)
        log.info("alert.published", alert=alert.id)

    def _attempt(self, delivery: Delivery) -> None:
        with self._database.read() as connection:
            alert = store.alert_of_delivery(connection, delivery)
        message = alert_message(alert, self._settings)
        result = self._recipients.send(delivery.recipient, message.title, message.body)
        at = self._clock()
        attempt = Attempt(len(delivery.attempts) + 1, at, result)
        sent = result is AttemptResult.SENT
        action = AuditAction.ALERT_DELIVERED if sent else AuditAction.ALERT_DELIVERY_FAILED
        with self._database.begin() as connection:
            store.add_attempt(connection, delivery, attempt, None if sent else at + retry_after(attempt.number))
            record(
                connection,
                action,
                actor="hub",
                subject=alert.id,
                at=at,
                recipient=delivery.recipient,
                attempt=attempt.number,
            )
        log.info("alert.attempted", alert=alert.id, recipient=delivery.recipient, result=str(result))


def retry_after(failures: int) -> int:
    """Milliseconds until the next attempt after so many failures: 30 s, doubling, at most an hour."""
    return int(min(_FIRST_RETRY * 2 ** min(failures - 1, 20), _LONGEST_RETRY))
