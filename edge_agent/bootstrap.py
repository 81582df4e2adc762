"""The only place where a unit's parts are made and joined."""

import os
import random
import secrets
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from getpass import getpass
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag

from credentials.identity import read_card
from credentials.keystore.protocol import KeyStore, KeyStoreError
from credentials.keystore.selection import open_keystore
from credentials.passphrase import read_passphrase
from credentials.private_files import make_private_directory
from credentials.tls import client_context
from credentials.vault import Vault
from edge_agent.atrest.keys import UnitKeys, UnitZeroisedError, open_keys
from edge_agent.atrest.places import Places
from edge_agent.atrest.zeroise import is_zeroised, zeroise
from edge_agent.camera.frame import OpenCamera
from edge_agent.camera.source import CameraChoice
from edge_agent.config import EdgeSettings, SettingsError
from edge_agent.consent.wiring import build_recorder
from edge_agent.database import UnitDatabase
from edge_agent.intakes.desk import IntakeDesk, Rules
from edge_agent.intakes.later import LaterSearches
from edge_agent.intakes.sending import SightingWriter
from edge_agent.intakes.store import IntakeStore
from edge_agent.link.agent import Agent, Intervals, unit_subscriptions
from edge_agent.link.alarms import AlarmLimits
from edge_agent.link.current_list import CurrentList
from edge_agent.link.events import CaptureTold, Event, StopAsked, Woken
from edge_agent.link.health import Build, HealthReporter
from edge_agent.link.inbox import Inbox
from edge_agent.link.lock import agent_has_ended, only_agent
from edge_agent.link.mqtt_link import MqttLink
from edge_agent.link.notices import NoticeStore
from edge_agent.link.sync_worker import SyncWorker
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.link.wake import Tap, WakeListener, wake_agent
from edge_agent.pipeline import Pipeline
from edge_agent.sightings.outbox import Outbox
from edge_agent.sightings.retention import Retention
from edge_agent.sightings.sealing import HubSealer
from edge_agent.supervision.notify import service_manager
from edge_agent.supervision.supervisor import Delivery, Supervisor
from edge_agent.supervision.wiring import (
    Body,
    body_of,
    open_panel,
    standing_faults,
    tested_faults,
    watched_opener,
)
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import DAY, HOUR, TrustedClock, machine_uptime, system_milliseconds
from edge_agent.watchlist.fetcher import ResumingFetcher
from edge_agent.watchlist.loading import WatchlistLoader
from edge_agent.watchlist.repository import read_root
from edge_agent.watchlist.scoring import Scoring, open_scoring
from edge_agent.watchlist.stick import STICK_URL, StickFetcher, open_stick
from edge_agent.watchlist.store import WatchlistStore, WatchlistUnusableError
from edge_agent.watchlist.sync import Synchroniser
from faults import RejectedError
from models.images import decode_image
from models.pack import Pack, default_pack_path, load_pack
from models.recogniser import Recogniser
from models.template import Template
from protocol.keys import Identity, PrivateIdentity
from protocol.sighting import Face
from protocol.topics import UnitChannel, unit_topic

_STOP_SECONDS = 3.0
_AGENT_SECONDS = 10.0


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
        outbox = Outbox(database, keys.vault, limit=round(settings.outbox_max_megabytes * 1_000_000))
        clock = TrustedClock(system_milliseconds, machine_uptime, TimeStore(database).read())
        yield Unit(
            settings=settings,
            keys=keys,
            hub=hub,
            pack=pack,
            scoring=scoring,
            database=database,
            outbox=outbox,
            intakes=IntakeStore(database, keys.vault),
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


def places(settings: EdgeSettings) -> Places:
    """Where the unit's secrets lie."""
    return Places(vault=settings.vault, identity=settings.identity, tls=settings.tls, data=settings.data)


def open_store(settings: EdgeSettings) -> KeyStore:
    """Where the key of the unit's vault is kept. Raises KeyStoreError when this machine has no such store."""

    def ask() -> str:
        if settings.passphrase_file is not None:
            return read_passphrase(settings.passphrase_file)
        if not sys.stdin.isatty():
            raise KeyStoreError("Nobody is here to type the vault's passphrase: set `passphrase_file`.")
        return getpass("Passphrase of this unit's vault: ")

    return open_keystore(settings.key_store, places(settings).store, ask_passphrase=ask, pcrs=settings.tpm_pcrs)


def zeroise_unit(settings: EdgeSettings) -> None:
    """Destroy the unit's keys, let a running agent end, and destroy the rest. Raises ZeroiseIncompleteError."""

    def let_agent_end() -> None:
        # Without the folder, or on a failing disk, there is nobody to wait for: what can be destroyed still is.
        with suppress(OSError):
            wake_agent(settings.data)
            agent_has_ended(settings.data, _AGENT_SECONDS)

    zeroise(places(settings), partial(open_store, settings), between=let_agent_end)


def build_recogniser(unit: Unit) -> Recogniser:
    """Open the pack's networks. Raises PackRejectedError."""
    return Recogniser(unit.pack, threads=unit.settings.threads)


def build_pipeline(unit: Unit, recogniser: Recogniser) -> Pipeline:
    """For intakes with the list that is installed now; without one that opens they wait."""
    try:
        watchlist = unit.loader.load_installed()
    except (WatchlistUnusableError, RejectedError):
        watchlist = None
    return Pipeline(
        recogniser=recogniser,
        watchlist=watchlist,
        desk=build_desk(unit),
        recorder=build_recorder(unit.settings, unit.identity.signing_key, unit.clock.moment),
        clock=unit.clock,
        entropy=secrets.token_bytes,
    )


def build_desk(unit: Unit) -> IntakeDesk:
    """Where intakes go after their photograph."""
    settings, calibration = unit.settings, unit.scoring.calibration_digest
    retention = {basis: days * DAY for basis, days in settings.retention_days.items()}
    writer = SightingWriter(
        unit=settings.unit,
        site=settings.site,
        calibration=None if calibration is None else bytes.fromhex(calibration),
        outbox=unit.outbox,
        sealer=HubSealer(unit.identity, unit.hub, unit.clock.now),
        retention=retention,
    )

    def embed(face: Face) -> Template:
        (template,) = build_recogniser(unit).embed([decode_image(face.crop)])
        return template

    return IntakeDesk(
        database=unit.database,
        store=unit.intakes,
        writer=writer,
        later=LaterSearches(
            unit.database, unit.intakes, writer, unit.pack.digest, secrets.token_bytes, random.SystemRandom()
        ),
        rules=Rules(
            stop_after=alarm_limits(settings).stop_after,
            waiting=retention,
            keeping={basis: days * DAY for basis, days in settings.keep_template_days.items()},
            records=settings.consent_record_days * DAY,
        ),
        clock=unit.clock,
        pack_digest=unit.pack.digest,
        embed=embed,
    )


def build_synchroniser(unit: Unit, stopping: Callable[[], bool]) -> Synchroniser:
    """Raises PrivateFileError or RepositoryRejectedError for files that are missing."""
    settings = unit.settings
    return Synchroniser(
        unit.store,
        unit.loader,
        unit=settings.unit,
        url=settings.watchlist_url,
        root=read_root(settings.tuf_root),
        open_fetcher=partial(
            ResumingFetcher,
            unit.tls_context(),
            unit.store.partial,
            stopping=stopping,
            bytes_per_second=settings.sync_bytes_per_second,
        ),
        now=unit.clock.now,
        heard=unit.clock.not_before,
    )


def build_stick_synchroniser(unit: Unit, folder: Path) -> Synchroniser:
    """From a USB stick instead of the network. Raises RepositoryRejectedError for a root that is missing."""

    def open_fetcher() -> StickFetcher:
        return open_stick(folder, unit=unit.settings.unit, installed=unit.store.readable(), now=unit.clock.now())

    return Synchroniser(
        unit.store,
        unit.loader,
        unit=unit.settings.unit,
        url=STICK_URL,
        root=read_root(unit.settings.tuf_root),
        open_fetcher=open_fetcher,
        now=unit.clock.now,
        heard=unit.clock.not_before,
    )


def run_agent(unit: Unit) -> None:
    """Run until SIGTERM or SIGINT. Raises AgentRunningError, or errors that only a technician can repair."""
    with only_agent(unit.settings.data):
        stopping = Flag()
        events: SimpleQueue[Event] = SimpleQueue()

        def ask_to_stop(_number: int, _frame: object) -> None:
            stopping.set()
            events.put(StopAsked())

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, ask_to_stop)
        current = CurrentList(unit.store, unit.loader)
        current.load()
        link = _build_link(unit, events)
        synchroniser = build_synchroniser(unit, stopping.is_set)
        worker = SyncWorker(lambda: synchroniser.sync(current.watchlist), events.put)
        supervisor = _build_supervisor(unit, link)

        def hear(tap: Tap) -> None:
            if tap is not Tap.WORK:
                supervisor.capture(began=tap is Tap.CAPTURE_BEGAN)
                events.put(CaptureTold())
            else:
                events.put(StopAsked() if is_zeroised(places(unit.settings)) else Woken())

        listener = WakeListener(unit.settings.data, hear)
        supervisor.living = (lambda: link.living, lambda: listener.living)
        try:
            _build_agent(unit, link=link, current=current, worker=worker, supervisor=supervisor, events=events).run()
        finally:
            stopping.set()
            link.stop()
            listener.close()
            worker.join(_STOP_SECONDS)
            supervisor.panel.close()
        if is_zeroised(places(unit.settings)):
            raise UnitZeroisedError("This unit is being zeroised: its agent ends.")


def _build_link(unit: Unit, events: "SimpleQueue[Event]") -> MqttLink:
    settings = unit.settings
    return MqttLink(
        host=settings.broker_host,
        port=settings.broker_port,
        client_id=settings.unit,
        context=unit.tls_context(),
        surely_after=unit.clock.surely_after,
        will=unit_topic(settings.unit, UnitChannel.PRESENCE),
        topics=unit_subscriptions(settings.unit),
        report=events.put,
        source=random.SystemRandom(),
    )


def _build_supervisor(unit: Unit, link: MqttLink) -> Supervisor:
    """With what the self-test found. The tamper switch destroys the unit's keys."""
    body = unit_body(unit)
    panel, missing = open_panel(unit.settings, on_tamper=partial(zeroise_unit, unit.settings))

    def delivery() -> Delivery:
        return Delivery(link.connected, unit.outbox.counts().pending > 0, unit.outbox.fill().full)

    return Supervisor(
        manager=service_manager(os.environ, os.getpid()),
        panel=panel,
        look=partial(standing_faults, body),
        delivery=delivery,
        living=(),
        monotonic=time.monotonic,
        tested=tested_faults(body) | missing,
    )


def camera_opener(unit: Unit, choice: CameraChoice) -> OpenCamera:
    """Opens this camera for an intake; the agent's light says so, and what is wrong with it goes into its health."""
    return watched_opener(choice, unit.clock.now, unit_body(unit))


def unit_body(unit: Unit) -> Body:
    """What of the unit its supervision looks at."""
    return body_of(unit.settings, unit.database, unit.vault, unit.pack)


def _build_agent(
    unit: Unit,
    *,
    link: MqttLink,
    current: CurrentList,
    worker: SyncWorker,
    supervisor: Supervisor,
    events: "SimpleQueue[Event]",
) -> Agent:
    settings = unit.settings
    sealer = HubSealer(unit.identity, unit.hub, unit.clock.now)
    timekeeper = Timekeeper(unit.clock, TimeStore(unit.database), unit.outbox, secrets.token_bytes)
    return Agent(
        unit=settings.unit,
        link=link,
        outbox=unit.outbox,
        inbox=Inbox(
            identity=unit.identity,
            hub=unit.hub,
            outbox=unit.outbox,
            notices=NoticeStore(unit.database, unit.vault),
            timekeeper=timekeeper,
        ),
        current=current,
        worker=worker,
        health=HealthReporter(
            sealer=sealer,
            outbox=unit.outbox,
            timekeeper=timekeeper,
            build=Build(
                pack_digest=bytes.fromhex(unit.pack.digest),
                software=f"mca {version('missing-child-alert')}"[:40],
                key_store=str(settings.key_store),
                weak_keys=settings.key_store.is_for_development,
            ),
            limits=alarm_limits(settings),
            moment=unit.clock.moment,
            intakes=unit.intakes,
            faults=lambda: supervisor.faults,
        ),
        timekeeper=timekeeper,
        retention=Retention(unit.outbox, sealer, unit.clock.destroyable_before),
        settle=build_desk(unit).settle,
        supervisor=supervisor,
        events=events,
        intervals=Intervals(
            sync=settings.sync_every_seconds,
            heartbeat=settings.heartbeat_seconds,
            resend=settings.resend_after_seconds,
        ),
        monotonic=time.monotonic,
        source=random.SystemRandom(),
    )


def alarm_limits(settings: EdgeSettings) -> AlarmLimits:
    """From when on something of the unit is an alarm."""
    stop = settings.stop_matching_after_hours
    return AlarmLimits(
        stale_after=round(settings.warn_after_hours * HOUR),
        stop_after=round(stop * HOUR) if stop else None,
        outbox_percent=settings.outbox_warn_percent,
    )
