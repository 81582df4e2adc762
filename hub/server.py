"""`mca hub serve`: the hub with its network, from the first port it takes to the last message it lets go."""

import signal
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from credentials.private_files import PrivateFileError
from credentials.tls import read_revocations, server_context
from faults import UnavailableError
from hub.bootstrap import (
    Services,
    build_dispatcher,
    build_head_keeper,
    build_ingest,
    build_recognition,
    build_register_searches,
)
from hub.broker import EmbeddedBroker
from hub.broker_link import build_link
from hub.config import BrokerKind
from hub.desk import RegisterRooms, SiteRooms
from hub.erasure.wiring import build_retention
from hub.fleet.service import UnitFileError
from hub.https import HttpsServer
from hub.lease import Lease, keep, lease_of, wait_for
from hub.matching.worker import compare_registers
from hub.metrics.routes import build_metrics_server
from hub.metrics.service import collect
from hub.mqtt import BrokerUnavailableError
from hub.rereading import ReadSettings, reread_certificates, reread_trust, say_what_waits_for_a_restart
from hub.signals import SignalQueue, queued_signals
from hub.supervisor import Supervisor, finish
from hub.watchlist.routes import build_units_app
from hub.web import ConsoleServices, build_console
from hub.workers import WatchlistWorker, open_register_reviews, send_waiting, take_in
from protocol.ids import UnitId

_BROKER_START_SECONDS: Final = 30.0
_FINISH_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.25
_REVOKED: Final = "revoked.crl"

_log = structlog.get_logger()


def serve_when_leading(services: Services, read_settings: ReadSettings) -> None:
    """Stand by while another process of this hub serves; then serve. In the main thread.

    `read_settings`: as they are now; of a running hub's, it can only be said that they were changed.
    Raises what `HubServer` raises.
    """
    lease = lease_of(services.database)
    with queued_signals((signal.SIGTERM, signal.SIGINT)) as signals:
        leads = wait_for(lease, lambda seconds: bool(signals.wait(seconds)))
    try:
        if leads:
            HubServer(services, lease, read_settings).run()
    finally:
        lease.release()
        services.database.close()


class HubServer:
    """A hub that runs until it is told to end."""

    def __init__(self, services: Services, lease: Lease, read_settings: ReadSettings) -> None:
        """Take the ports and publish what is listed, so that mistakes show before anything runs.

        `lease`: held, and by nobody else.

        Raises ListenError, BrokerMissingError, PrivateFileError, UnitFileError, TrustError, UncalibratedHubPackError or
        DatabaseUnavailableError.
        """
        settings = services.settings
        self._services = services
        self._lease = lease
        self._read_settings = read_settings
        self._console_context = _console_context(services)
        self._console = _console_server(services, self._console_context)
        self._units_context = _units_context(services)
        self._units = HttpsServer(
            build_units_app(services.watchlist), settings.units_host, settings.units_port, self._units_context
        )
        self._broker = EmbeddedBroker(settings.broker_config) if settings.broker is BrokerKind.EMBEDDED else None
        self._link = build_link(settings, services.vault)
        self._ingest = build_ingest(services, self._link.send)
        self._recognition = build_recognition(services)
        self._searches = build_register_searches(services)
        self._retention = build_retention(
            services.database, services.erasure, services.intakes, services.clock, time.monotonic, hub=settings.hub
        )
        self._dispatcher = build_dispatcher(services)
        self._heads = build_head_keeper(services)
        self._metrics = build_metrics_server(settings, lambda: collect(services))
        self._watchlist = WatchlistWorker(
            services.database, services.cases, services.watchlist, self._link, hub=settings.hub, clock=services.clock
        )
        self._supervisor = Supervisor()
        services.watchlist.publish("start")
        self._admitted = self._active_units()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP makes the hub read its files again. In the main thread.

        Raises what made a part of the hub fail, after the other parts have ended in order.
        """
        stop = self._supervisor.stop
        with (
            queued_signals((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)) as signals,
            self._running_broker(),
            self._running_link(),
        ):
            workers = self._start_workers(stop)
            try:
                self._run_until_end(signals, stop)
            finally:
                stop.set()
                self._dispatcher.wake()
                finish(workers, _FINISH_SECONDS)
        self._heads.sign()
        self._supervisor.raise_failure()
        _log.info("hub.stopped")

    def _start_workers(self, stop: threading.Event) -> list[threading.Thread]:
        start = self._supervisor.start
        fleet, metrics = self._services.fleet, self._metrics
        database, review, clock = self._services.database, self._services.review, self._services.clock
        return [
            *([] if metrics is None else [start("metrics", lambda: metrics.run(stop))]),
            start("lead", lambda: keep(self._lease, stop)),
            start("console", lambda: self._console.run(stop)),
            start("service for units", lambda: self._units.run(stop)),
            start("intake of messages", lambda: take_in(self._link, self._ingest, stop)),
            start("sending of notices", lambda: send_waiting(self._link, fleet, stop)),
            start("recognition", lambda: self._recognition.run(stop)),
            start("comparison of the registers", lambda: compare_registers(self._searches, stop)),
            start("reviews of the registers", lambda: open_register_reviews(database, review, clock, stop)),
            start("retention", lambda: self._retention.run(stop)),
            start("watchlist", lambda: self._watchlist.run(stop)),
            start("dispatch of alerts", lambda: self._dispatcher.run(stop)),
            start("signing of the audit trail", lambda: self._heads.run(stop)),
        ]

    def _run_until_end(self, signals: SignalQueue, stop: threading.Event) -> None:
        ready = False
        deadline = time.monotonic() + _BROKER_START_SECONDS
        while not stop.is_set():
            if not ready and self._is_ready(deadline):
                ready = True
                _log.info("hub.ready", console=self._services.settings.console_url)
            for number in signals.wait(_LOOK_SECONDS):
                self._obey(number, stop)

    def _is_ready(self, deadline: float) -> bool:
        # Another's broker may be away for hours, in which the console is needed all the same; our own may not.
        if self._broker is None or self._link.wait_until_ready(0):
            return True
        if time.monotonic() > deadline:
            raise BrokerUnavailableError("The broker on this machine does not answer. MCA_LOG_LEVEL=debug shows why.")
        return False

    def _obey(self, number: signal.Signals, stop: threading.Event) -> None:
        if number is signal.SIGHUP:
            self._read_again()
        else:
            _log.info("hub.stopping", signal=number.name)
            stop.set()

    def _read_again(self) -> None:
        settings = self._services.settings
        contexts = {"console": self._console_context, "units": self._units_context}
        reread_trust(self._services.watchlist, settings.tuf)
        reread_certificates(settings.tls, contexts)
        say_what_waits_for_a_restart(settings, self._read_settings)
        self._look_at_units_again()

    def _look_at_units_again(self) -> None:
        """After units were enrolled, renewed or revoked: let the new in, and end what the revoked have open."""
        try:
            read_revocations(self._units_context, self._services.settings.tls / _REVOKED)
            self._services.fleet.refresh()
            active = self._active_units()
        except (PrivateFileError, UnitFileError, UnavailableError) as error:
            _log.error("units.not-read", reason=str(error))
            return
        withdrawn = self._admitted - active
        self._admitted = active
        self._tell(withdrawn)
        self._watchlist.units_changed()
        if self._broker is not None:
            if withdrawn:
                self._broker.restart()
            else:
                self._broker.reload()
        _log.info("units.read", active=len(active), withdrawn=len(withdrawn))

    def _tell(self, withdrawn: Collection[UnitId]) -> None:
        """While their connections last. Who is not connected learns it when its lease ends."""
        try:
            for topic, envelope in self._services.fleet.revocations(withdrawn):
                self._link.publish(topic, envelope)
        except UnavailableError as error:
            _log.warning("units.not-told", reason=type(error).__name__)

    def _active_units(self) -> set[UnitId]:
        with self._services.database.read() as connection:
            return {unit.id for unit in self._services.fleet.units(connection)}

    @contextmanager
    def _running_broker(self) -> Iterator[None]:
        if self._broker is None:
            yield
            return
        thread = self._supervisor.start("broker", self._broker.run)
        try:
            yield
        finally:
            self._broker.close()
            finish([thread], _FINISH_SECONDS)

    @contextmanager
    def _running_link(self) -> Iterator[None]:
        self._link.start()
        try:
            yield
        finally:
            self._link.stop()


def _console_server(services: Services, context: ssl.SSLContext) -> HttpsServer:
    settings = services.settings
    console = ConsoleServices(
        database=services.database,
        clock=services.clock,
        access=services.access,
        review=services.review,
        dispatch=services.dispatch,
        fleet=services.fleet,
        sites=SiteRooms(services.staff, services.found),
        register=RegisterRooms(services.cases, services.matches, services.exchange, services.erasure, services.intakes),
        reply_secret=services.settings.reply_secret(),
        zone=settings.zone,
        statistics=services.statistics,
    )
    return HttpsServer(build_console(console), settings.console_host, settings.console_port, context)


def _console_context(services: Services) -> ssl.SSLContext:
    tls = services.settings.tls
    return server_context(certificate=tls / "console.crt", key=tls / "console.key")


def _units_context(services: Services) -> ssl.SSLContext:
    tls = services.settings.tls
    return server_context(
        certificate=tls / "units.crt", key=tls / "units.key", authority=tls / "ca.crt", revoked=tls / _REVOKED
    )
