"""The worker that takes messages out of the database: into the feed, and to each recipient.

That an attempt begins is committed before the provider is asked, and what it answered after. A hub that ends in
between finds the beginning without an end: it is entered as interrupted, and the message goes again, saying that it
may have come before. A recipient may get an alert twice, and never not at all.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from faults import UnavailableError
from hub.audit.service import AuditAction, record
from hub.clock import HOUR, MINUTE, SECOND, Clock
from hub.db import Database
from hub.dispatch import ledger_store, store
from hub.dispatch.addresses import parse_address
from hub.dispatch.atom import atom_index
from hub.dispatch.directory import RecipientDirectory
from hub.dispatch.errors import AddressError
from hub.dispatch.feed import Feed
from hub.dispatch.message import letter
from hub.dispatch.model import (
    AlertMessage,
    AlertSettings,
    Answer,
    Attempt,
    AttemptResult,
    Delivery,
    MessageKind,
)
from hub.dispatch.outbox import Outbox
from hub.dispatch.schedule import Schedule
from hub.sites import EVERY_SITE

_LOOK_EVERY_SECONDS: Final = 1.0
_LOOK_AFTER_TROUBLE_SECONDS: Final = 15.0
_AT_ONCE: Final = 4
_IN_A_ROUND: Final = 2 * _AT_ONCE
_FIRST_RETRY: Final = 30 * SECOND
_LONGEST_RETRY: Final = HOUR
# Who asks for time and does not say how much gets what gateways usually ask for.
_BUSY_RETRY: Final = 5 * MINUTE
_FEED_LENGTH: Final = 100

log = structlog.get_logger()


class Dispatcher:
    """Publishes and delivers what the decisions raised. One at a time for each database."""

    def __init__(
        self,
        database: Database,
        settings: AlertSettings,
        directory: RecipientDirectory,
        outbox: Outbox,
        schedule: Schedule,
        *,
        feed: Path,
        clock: Clock,
    ) -> None:
        """`feed`: the folder of the feed, made when it is missing."""
        self._database = database
        self._settings = settings
        self._directory = directory
        self._outbox = outbox
        self._schedule = schedule
        self._feed = Feed(feed)
        self._clock = clock
        self._wake = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; call `wake` after setting it. What is unavailable is tried again."""
        restored = False
        while not stop.is_set():
            restored = restored or self._try(self.restore_feed)
            # Each on its own: a feed that cannot be written must not keep messages from people.
            done = [self._try(self.look_at_the_clock), self._try(self.publish), self._try(lambda: self.deliver(stop))]
            self._wake.wait(_LOOK_EVERY_SECONDS if restored and all(done) else _LOOK_AFTER_TROUBLE_SECONDS)
            self._wake.clear()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def restore_feed(self) -> None:
        """Write what the feed's folder lacks, after a restored backup for example. Raises UnavailableError."""
        with self._database.read() as connection:
            entries = store.published(connection, EVERY_SITE, _FEED_LENGTH)
            lacking = [message for message, _ in entries if not self._feed.holds(message)]
            documents = [(one, *store.document_of(connection, one.id)) for one in lacking]
        for message, document, signature in documents:
            self._feed.write_message(message, document, signature)
        self._feed.write_index(atom_index(entries, self._settings, self._clock()))

    def look_at_the_clock(self) -> None:
        """Send what has been held long enough, go on to the next in turn, and follow up. Raises UnavailableError."""
        at = self._clock()
        with self._database.read() as connection:
            waiting = self._schedule.has_work(connection, at)
        if waiting:
            with self._database.begin() as connection:
                self._schedule.work(connection, at)

    def publish(self) -> None:
        """Write each new message into the feed. Raises UnavailableError."""
        with self._database.read() as connection:
            waiting = store.unpublished(connection)
        for message in waiting:
            self._publish(message)

    def deliver(self, stop: threading.Event | None = None) -> None:
        """Make attempts that are due, some at once; raises UnavailableError.

        One dead gateway holds nobody up: what was tried least often comes first, and of many that are due a round is
        made, after which `run` sees what is new.
        """
        self._resume()
        with self._database.read() as connection:
            waiting = ledger_store.due(connection, self._clock())
        if not waiting:
            return
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="alert") as pool:
            # Read to the end, so that what was raised in another thread is raised here.
            list(pool.map(lambda one: self._attempt(one, stop), waiting[:_IN_A_ROUND]))
        if len(waiting) > _IN_A_ROUND:
            self.wake()

    def _resume(self) -> None:
        """Nothing is being sent now: whatever began and has no end was interrupted."""
        with self._database.read() as connection:
            if not ledger_store.begun(connection):
                return
        with self._database.begin() as connection:
            for delivery, begun_at in ledger_store.begun(connection):
                self._enter(connection, delivery, begun_at, Answer(AttemptResult.INTERRUPTED), next_at=self._clock())

    def _try(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except UnavailableError as error:
            log.warning("dispatch.unavailable", error=str(error))
            return False
        return True

    def _publish(self, message: AlertMessage) -> None:
        at = self._clock()
        with self._database.read() as connection:
            document, signature = store.document_of(connection, message.id)
            entries = store.published(connection, EVERY_SITE, _FEED_LENGTH)
        # The files are there before the database says so: a crash in between writes the same again.
        self._feed.write_message(message, document, signature)
        self._feed.write_index(atom_index([(message, at), *entries][:_FEED_LENGTH], self._settings, at))
        with self._database.begin() as connection:
            store.add_publication(connection, message.id, at)
            kind, action = str(message.kind), AuditAction.ALERT_PUBLISHED
            record(connection, action, actor="hub", subject=message.alert.id, at=at, kind=kind)
        log.info("alert.published", alert=message.alert.id, kind=str(message.kind))

    def _attempt(self, delivery: Delivery, stop: threading.Event | None) -> None:
        if stop is not None and stop.is_set():
            return
        with self._database.begin() as connection:
            if not ledger_store.begin(connection, delivery, self._clock()):
                return
        answer = self._send(delivery)
        at = self._clock()
        with self._database.begin() as connection:
            self._enter(connection, delivery, at, answer, next_at=_next_at(answer, len(delivery.attempts) + 1, at))
        log.info(
            "alert.attempted", message=delivery.message_id, recipient=delivery.recipient, result=str(answer.result)
        )

    def _send(self, delivery: Delivery) -> Answer:
        with self._database.read() as connection:
            message = store.find_message(connection, delivery.message_id)
            recipient = self._directory.find(connection, delivery.recipient)
        if message is None or recipient is None:
            return Answer(AttemptResult.NOT_A_RECIPIENT)
        # Who was removed gets no more, but for the word that what came before does not hold.
        if recipient.removed_at is not None and message.kind is not MessageKind.RECALL:
            return Answer(AttemptResult.NOT_A_RECIPIENT)
        confirmation = self._outbox.confirmation(message.id, recipient.id)
        text = letter(message, recipient, self._settings, confirmation, may_repeat=delivery.may_repeat)
        try:
            return parse_address(recipient.entered.address).send(text.title, text.body)
        except AddressError:
            return Answer(AttemptResult.REFUSED)

    def _enter(
        self, connection: Connection, delivery: Delivery, at: int, answer: Answer, *, next_at: int | None
    ) -> None:
        attempt = Attempt(len(delivery.attempts) + 1, at, answer.result, answer.code)
        ledger_store.end_attempt(connection, delivery, attempt, next_at)
        message = store.find_message(connection, delivery.message_id)
        sent = answer.result is AttemptResult.SENT
        record(
            connection,
            AuditAction.ALERT_DELIVERED if sent else AuditAction.ALERT_DELIVERY_FAILED,
            actor="hub",
            subject=delivery.message_id if message is None else message.alert.id,
            at=at,
            recipient=delivery.recipient,
            attempt=attempt.number,
            answer=str(answer.result),
        )


def retry_after(failures: int) -> int:
    """Milliseconds until the next attempt after so many failures: 30 s, doubling, at most an hour."""
    return int(min(_FIRST_RETRY * 2 ** min(failures - 1, 20), _LONGEST_RETRY))


def _next_at(answer: Answer, number: int, at: int) -> int | None:
    """When to try again. What is refused may be mended at the provider's: it is tried each hour."""
    if answer.result in (AttemptResult.SENT, AttemptResult.NOT_A_RECIPIENT):
        return None
    if answer.result is AttemptResult.REFUSED:
        return at + _LONGEST_RETRY
    if answer.retry_after is not None:
        # No alert waits for longer than an hour because a gateway says so.
        return at + min(max(answer.retry_after, _FIRST_RETRY), _LONGEST_RETRY)
    wait = retry_after(number)
    return at + (max(wait, _BUSY_RETRY) if answer.result is AttemptResult.BUSY else wait)
