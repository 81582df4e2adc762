"""A unit that is open: what each of its commands works with."""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

from credentials.identity import read_card
from credentials.private_files import make_private_directory
from credentials.tls import client_context
from credentials.vault import Vault
from edge_agent.atrest.keys import UnitKeys, open_keys
from edge_agent.bootstrap.keys import open_store, places
from edge_agent.config import EdgeSettings, SettingsError
from edge_agent.database import UnitDatabase
from edge_agent.intakes.store import IntakeStore
from edge_agent.link.alarms import AlarmLimits, alarms
from edge_agent.link.notices import NoticeStore
from edge_agent.sightings.outbox import Outbox
from edge_agent.staff.store import StaffStore
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import DAY, HOUR, Milliseconds, TrustedClock, machine_uptime, system_milliseconds
from edge_agent.watchlist.loading import WatchlistLoader
from edge_agent.watchlist.scoring import Scoring, open_scoring
from edge_agent.watchlist.store import WatchlistStore
from models.pack import Pack, default_pack_path, load_pack
from protocol.health import Alarm
from protocol.keys import Identity, PrivateIdentity


class _Stores(TypedDict):
    """What of a unit is bound to one thread's connection."""

    database: UnitDatabase
    outbox: Outbox
    intakes: IntakeStore
    notices: NoticeStore
    staff: StaffStore


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """What every command of a unit works with."""

    settings: EdgeSettings
    keys: UnitKeys
    hub: Identity
    pack: Pack
    scoring: Scoring
    database: UnitDatabase
    outbox: Outbox
    intakes: IntakeStore
    notices: NoticeStore
    staff: StaffStore
    clock: TrustedClock
    store: WatchlistStore
    loader: WatchlistLoader

    @property
    def identity(self) -> PrivateIdentity:
        """What the unit signs and opens with."""
        return self.keys.identity

    @property
    def vault(self) -> Vault:
        """What everything secret on its disk is encrypted with."""
        return self.keys.vault

    def tls_context(self) -> ssl.SSLContext:
        """For connections to the hub's machines. Raises PrivateFileError."""
        tls = self.settings.tls
        return client_context(
            authority=tls / "ca.crt", certificate=tls / "unit.crt", key=self.keys.tls, check_period=False
        )


@contextmanager
def open_unit(settings: EdgeSettings) -> Iterator[Unit]:
    """Open the unit's vault, pack, database and watchlist folder.

    Raises SettingsError, PrivateFileError, PackRejectedError, LicenceRefusedError, UncalibratedPackError, DiskError,
    the database's errors, or as `open_keys` does.
    """
    keys, hub = open_keys(places(settings), partial(open_store, settings)), read_card(settings.hub_card)
    identity = keys.identity
    if (identity.name, hub.name) != (settings.unit, settings.hub):
        raise SettingsError(
            f"The keys are those of {identity.name} under {hub.name}, the settings those of {settings.unit} "
            f"under {settings.hub}. Provision this unit anew."
        )
    pack = load_pack(settings.pack or default_pack_path(), settings.permitted_licences)
    scoring = open_scoring(
        pack,
        false_candidates_per_100=settings.false_candidates_per_100_intakes,
        allow_uncalibrated=settings.uncalibrated,
    )
    make_private_directory(settings.data)
    store = WatchlistStore(settings.data / "watchlist")
    database = UnitDatabase(settings.data / "unit.sqlite")
    try:
        clock = TrustedClock(system_milliseconds, machine_uptime, TimeStore(database).read())
        yield Unit(
            settings=settings,
            keys=keys,
            hub=hub,
            pack=pack,
            scoring=scoring,
            **_stores(settings, database, keys.vault),
            clock=clock,
            store=store,
            loader=WatchlistLoader(
                store,
                unit=settings.unit,
                identity=identity,
                hub=hub,
                pack=pack,
                scoring=scoring,
                now=clock.now,
                destroyable_before=clock.destroyable_before,
            ),
        )
    finally:
        database.close()


@contextmanager
def another_connection(unit: Unit) -> Iterator[Unit]:
    """The same unit over a database connection of its own, for the thread that asks. Raises the database's errors."""
    database = UnitDatabase(unit.settings.data / "unit.sqlite")
    try:
        yield replace(unit, **_stores(unit.settings, database, unit.vault))
    finally:
        database.close()


def _stores(settings: EdgeSettings, database: UnitDatabase, vault: Vault) -> _Stores:
    return _Stores(
        database=database,
        outbox=Outbox(database, vault, limit=round(settings.outbox_max_megabytes * 1_000_000)),
        intakes=IntakeStore(database, vault),
        notices=NoticeStore(database, vault, settings.notice_days * DAY),
        staff=StaffStore(database, vault, settings.site),
    )


def alarm_limits(settings: EdgeSettings) -> AlarmLimits:
    """From when on something of the unit is an alarm."""
    stop = settings.stop_matching_after_hours
    return AlarmLimits(
        stale_after=round(settings.warn_after_hours * HOUR),
        stop_after=round(stop * HOUR) if stop else None,
        outbox_percent=settings.outbox_warn_percent,
    )


def unit_alarms(
    unit: Unit, list_confirmed_at: Milliseconds | None, faults: Collection[Alarm] = ()
) -> tuple[Alarm, ...]:
    """The alarms that stand, as `alarms` takes them. Raises the database's errors."""
    return alarms(
        alarm_limits(unit.settings),
        now=unit.clock.moment(),
        list_confirmed_at=list_confirmed_at,
        fill=unit.outbox.fill(),
        weak_keys=unit.settings.key_store.is_for_development,
        pin_failures=unit.staff.most_failures(),
        faults=faults,
    )
