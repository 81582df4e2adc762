"""The unit's agent: the process that runs for as long as the unit is on."""

import random
import secrets
import signal
import time
from importlib.metadata import version
from queue import SimpleQueue
from threading import Event as Flag

from edge_agent.atrest.keys import UnitZeroisedError
from edge_agent.atrest.zeroise import is_zeroised
from edge_agent.bootstrap.body import build_supervisor
from edge_agent.bootstrap.intakes import build_desk, build_withdrawing
from edge_agent.bootstrap.keys import places
from edge_agent.bootstrap.kiosk import serve_kiosk
from edge_agent.bootstrap.lists import build_synchroniser
from edge_agent.bootstrap.unit import Unit, alarm_limits
from edge_agent.link.agent import Agent, unit_subscriptions
from edge_agent.link.current_list import CurrentList
from edge_agent.link.events import CaptureTold, Event, StopAsked, Woken
from edge_agent.link.health import Build, HealthReporter
from edge_agent.link.inbox import Inbox
from edge_agent.link.lock import only_agent
from edge_agent.link.mqtt_link import MqttLink
from edge_agent.link.refresher import ListRefresher
from edge_agent.link.sender import Sender
from edge_agent.link.sync_worker import SyncWorker
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.link.wake import Tap, WakeListener
from edge_agent.sightings.retention import Retention
from edge_agent.sightings.sealing import HubSealer
from edge_agent.supervision.supervisor import Supervisor
from edge_agent.time_store import TimeStore
from protocol.topics import UnitChannel, unit_topic

_STOP_SECONDS = 3.0


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
        supervisor = build_supervisor(unit, link)

        def hear(tap: Tap) -> None:
            if tap is not Tap.WORK:
                supervisor.capture(began=tap is Tap.CAPTURE_BEGAN)
                events.put(CaptureTold())
            else:
                events.put(StopAsked() if is_zeroised(places(unit.settings)) else Woken())

        listener = WakeListener(unit.settings.data, hear)
        try:
            with serve_kiosk(
                unit, current, lambda: events.put(Woken()), faults=lambda: supervisor.faults
            ) as kiosk_lives:
                supervisor.living = (lambda: link.living, lambda: listener.living, kiosk_lives)
                _build_agent(
                    unit, link=link, current=current, worker=worker, supervisor=supervisor, events=events
                ).run()
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
        sender=Sender(
            settings.unit, link, unit.outbox, resend_after=settings.resend_after_seconds, monotonic=time.monotonic
        ),
        inbox=Inbox(
            identity=unit.identity,
            hub=unit.hub,
            outbox=unit.outbox,
            notices=unit.notices,
            staff=unit.staff,
            withdrawing=build_withdrawing(unit),
            timekeeper=timekeeper,
        ),
        lists=ListRefresher(
            current,
            worker,
            every=settings.sync_every_seconds,
            monotonic=time.monotonic,
            source=random.SystemRandom(),
        ),
        health=_build_reporter(unit, sealer, timekeeper, supervisor),
        timekeeper=timekeeper,
        retention=Retention(unit.outbox, unit.notices, sealer, unit.clock.destroyable_before, unit.database.scrub),
        settle=build_desk(unit).settle,
        supervisor=supervisor,
        events=events,
        heartbeat=settings.heartbeat_seconds,
        monotonic=time.monotonic,
    )


def _build_reporter(unit: Unit, sealer: HubSealer, timekeeper: Timekeeper, supervisor: Supervisor) -> HealthReporter:
    settings = unit.settings
    return HealthReporter(
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
        staff=unit.staff,
        faults=lambda: supervisor.faults,
    )
