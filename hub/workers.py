"""What the running hub does beside serving pages, each in a thread of its own until `stop` is set."""

import threading
from datetime import date
from typing import Final

import structlog

from faults import UnavailableError
from hub.cases.service import CaseService, Completion
from hub.clock import MINUTE, Clock
from hub.db import Database
from hub.fleet.service import FleetService, UnitFileError
from hub.found.service import FoundService
from hub.ingest.second_look import SecondLooks
from hub.ingest.service import IngestService, Message
from hub.mqtt import Delivery, MqttLink
from hub.review.service import ReviewService
from hub.watchlist.service import WatchlistService
from protocol.announcement import Announcement
from protocol.ids import HubId
from protocol.topics import watchlist_topic

_LOOK_SECONDS: Final = 1.0
_LONGEST_DELAY: Final = 30.0
_RENEWAL_INTERVAL: Final = MINUTE

_log = structlog.get_logger()


def take_in(link: MqttLink, ingest: IngestService, stop: threading.Event) -> None:
    """Hand what the broker delivers to the ingest room, and acknowledge what is committed.

    What has come by the time that the last group is committed makes the next: one when little comes, many under load.
    """
    while not stop.is_set():
        group = link.next_deliveries(_LOOK_SECONDS)
        if group:
            _take_in_group(link, ingest, group, stop)


def _take_in_group(link: MqttLink, ingest: IngestService, group: list[Delivery], stop: threading.Event) -> None:
    delay = _LOOK_SECONDS
    # A message of a connection that broke is left alone: the broker sends it again on the next.
    while group := [delivery for delivery in group if link.is_current(delivery)]:
        try:
            ingest.receive_all([Message(delivery.topic, delivery.payload) for delivery in group])
        except UnavailableError as error:
            _log.warning("message.waits", reason=type(error).__name__, messages=len(group))
            if stop.wait(delay):
                return
            delay = min(2 * delay, _LONGEST_DELAY)
        else:
            for delivery in group:
                link.acknowledge(delivery)
            return


def send_waiting(link: MqttLink, fleet: FleetService, stop: threading.Event) -> None:
    """Send the messages that wait for units, whenever the broker can be reached."""
    while not stop.wait(_LOOK_SECONDS):
        if not link.wait_until_ready(0):
            continue
        try:
            fleet.deliver(link.publish)
        except UnavailableError as error:
            _log.warning("notices.wait", reason=type(error).__name__)


def open_register_reviews(database: Database, review: ReviewService, clock: Clock, stop: threading.Event) -> None:
    """Put before people what the comparison of the registers has found, as soon as it is there."""
    while not stop.wait(_LOOK_SECONDS):
        try:
            with database.read() as connection:
                waiting = review.has_matches(connection)
            if waiting:
                with database.begin() as connection:
                    review.open_matches(connection, clock())
        except UnavailableError as error:
            _log.warning("register-reviews.wait", reason=type(error).__name__)


class RecognitionWorker:
    """Makes templates of the hub's pack where they are missing, cases of found children, and looks at candidates.

    One photograph or sighting at a time, so that it ends soon when it is asked to. Nothing waits for it.
    """

    def __init__(self, cases: CaseService, looks: SecondLooks, found: FoundService) -> None:
        """All with the same pack."""
        self._cases = cases
        self._looks = looks
        self._found = found

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        pause = 0.0
        while not stop.wait(pause):
            try:
                pause = 0.0 if self.work() else _LOOK_SECONDS
            except UnavailableError as error:
                _log.warning("recognition.waits", reason=type(error).__name__)
                pause = min(max(2 * pause, _LOOK_SECONDS), _LONGEST_DELAY)

    def work(self) -> bool:
        """One sighting, found child or photograph; whether there was one."""
        # Sightings first: people wait for them; then children who were found. A case that has no template yet is looked
        # at with the photographs.
        if self._looks.look() or self._found.register_next():
            return True
        return self._cases.complete_templates() is not Completion.DONE


class WatchlistWorker:
    """Keeps the published watchlist equal to the cases, its signatures fresh, and the units told of it.

    It looks at the database once a second, and so takes up what any process commits: the console's own
    threads, or a command that an operator runs beside the server.
    """

    def __init__(
        self,
        database: Database,
        cases: CaseService,
        watchlist: WatchlistService,
        link: MqttLink,
        *,
        hub: HubId,
        clock: Clock,
    ) -> None:
        self._database = database
        self._cases = cases
        self._watchlist = watchlist
        self._link = link
        self._topic = watchlist_topic(hub)
        self._clock = clock
        self._units_changed = threading.Event()
        self._published_from: tuple[int, date, bool, bool] | None = None
        self._announced: tuple[int, int] | None = None
        self._renewed_at = 0

    def units_changed(self) -> None:
        """Publish for the units that are enrolled now, even if no case has changed."""
        self._units_changed.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises TrustError when units would not accept what the TUF keys sign."""
        pause = _LOOK_SECONDS
        while not stop.is_set():
            try:
                self._publish()
                self._renew()
                self._announce()
                pause = _LOOK_SECONDS
            except UnavailableError as error:
                _log.warning("watchlist.waits", reason=type(error).__name__)
                pause = min(2 * pause, _LONGEST_DELAY)
            except UnitFileError as error:
                # A file that a technician has to mend is no reason to stop taking in sightings.
                _log.error("watchlist.not-published", reason=str(error))
                pause = _LONGEST_DELAY
            stop.wait(pause)

    def _publish(self) -> None:
        if self._units_changed.is_set():
            self._units_changed.clear()
            self._published_from = None
        with self._database.read() as connection:
            # The day counts too: with its end some listings run out. And the last unit that takes up the hub's
            # pack ends the time of two packs.
            changing = self._watchlist.is_changing_pack(connection)
            due = self._watchlist.is_compaction_due(connection)
            source = self._cases.revision(connection), self._cases.listing_day(), changing, due
        if source != self._published_from:
            self._watchlist.publish("cases, units, their pack or the day changed")
            self._published_from = source

    def _renew(self) -> None:
        now = self._clock()
        if abs(now - self._renewed_at) >= _RENEWAL_INTERVAL:
            self._watchlist.renew()
            self._renewed_at = now

    def _announce(self) -> None:
        connection = self._link.connection
        if not self._link.wait_until_ready(0):
            return
        with self._database.read() as database:
            version = self._watchlist.versions(database).timestamp_version
        if version and self._announced != (connection, version):
            self._link.publish(self._topic, Announcement(version).to_bytes(), retain=True)
            self._announced = connection, version
