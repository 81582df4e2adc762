"""The unit's report of itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from edge_agent.intakes.store import IntakeStore
from edge_agent.link.alarms import AlarmLimits, alarms
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.sealing import HubSealer
from edge_agent.staff.store import StaffStore
from edge_agent.trusted_time import as_day
from edge_agent.watchlist.loading import Watchlist
from protocol.envelope import MessageType
from protocol.health import Alarm, Health, OutboxState
from protocol.moment import Moment


@dataclass(frozen=True, slots=True)
class Build:
    """What runs here, and where its keys are."""

    pack_digest: bytes
    software: str
    key_store: str
    weak_keys: bool  # the key store is for development


@dataclass(frozen=True, slots=True, eq=False)
class HealthReporter:
    """Makes sealed health reports."""

    sealer: HubSealer
    outbox: Outbox
    timekeeper: Timekeeper
    build: Build
    limits: AlarmLimits
    moment: Callable[[], Moment]
    intakes: IntakeStore
    staff: StaffStore
    faults: Callable[[], Collection[Alarm]]

    def report(self, watchlist: Watchlist | None) -> bytes:
        """An envelope to be sent once and not kept: the next report says more. Raises the database's errors."""
        return self.sealer.seal(self.health(watchlist).to_bytes(), MessageType.HEALTH, self.outbox.take_report_number())

    def health(self, watchlist: Watchlist | None) -> Health:
        """How the unit is now. A new challenge in it means that the hub is being asked for the time."""
        now = self.moment()
        installed = None if watchlist is None else watchlist.installed
        fill, intakes, staff = self.outbox.fill(), self.intakes.counts(), self.staff.list()
        return Health(
            sent_at=now.at,
            clock_error=None if now.latest is None else max(now.latest - now.at, now.at - now.earliest),
            list_version=0 if installed is None else installed.list_version,
            list_published_at=0 if installed is None else installed.published_at,
            list_confirmed_at=0 if installed is None else installed.confirmed_at,
            entries=0 if watchlist is None else watchlist.index.cases_on(as_day(now.at)),
            pending=self.outbox.counts().pending,
            outbox=OutboxState(fill.used, fill.limit, fill.oldest, fill.last_sequence),
            waiting=intakes.waiting,
            kept=intakes.kept,
            expired=intakes.expired,
            pack_digest=self.build.pack_digest,
            software=self.build.software,
            key_store=self.build.key_store,
            alarms=alarms(
                self.limits,
                now=now,
                list_confirmed_at=None if installed is None else installed.confirmed_at,
                fill=fill,
                weak_keys=self.build.weak_keys,
                pin_failures=self.staff.most_failures(),
                faults=self.faults(),
            ),
            challenge=self.timekeeper.challenge(),
            staff_serial=None if staff is None else staff.serial,
        )
