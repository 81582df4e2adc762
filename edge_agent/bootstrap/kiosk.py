"""The unit's screen, served by the agent: one recogniser and one list in memory for both."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial

from edge_agent.bootstrap.body import camera_opener
from edge_agent.bootstrap.intakes import build_desk, build_found_desk, build_maker, build_recogniser, build_withdrawing
from edge_agent.bootstrap.unit import Unit, another_connection, unit_alarms
from edge_agent.camera.frame import Camera, CameraLostError
from edge_agent.camera.source import CameraChoice
from edge_agent.kiosk.app import build_kiosk
from edge_agent.kiosk.intake import IntakeRoom
from edge_agent.kiosk.lens import SharedCamera
from edge_agent.kiosk.server import KioskServer
from edge_agent.kiosk.services import KioskServices, UnitState, Worker
from edge_agent.kiosk.sessions import Sessions
from edge_agent.link.current_list import CurrentList
from edge_agent.panel.shutter import ShutterListener
from edge_agent.staff.desk import StaffDesk
from edge_agent.trusted_time import HOUR
from protocol.health import Alarm
from protocol.staff import StaffId


@contextmanager
def serve_kiosk(
    unit: Unit,
    current: CurrentList,
    queued: Callable[[], None],
    *,
    faults: Callable[[], Collection[Alarm]] = frozenset,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Callable[[], bool]]:
    """Until the block ends, where the settings give the screen a port; says whether it lives.

    `queued` is called when an intake was put on the disk; `faults`: what the unit's supervision found.
    Raises PortTakenError, PackRejectedError or the database's errors.
    """
    settings = unit.settings
    if settings.kiosk_port is None:
        yield lambda: True
        return
    sessions = Sessions(monotonic, lock_after=settings.kiosk_lock_seconds, language=settings.kiosk_language)
    with ThreadPoolExecutor(1, "kiosk-worker") as executor:
        connection = another_connection(unit)
        own = executor.submit(connection.__enter__).result()
        try:
            services = KioskServices(
                sessions=sessions,
                worker=Worker(executor),
                staff=StaffDesk(own.database, own.staff, own.clock),
                intakes=_build_room(own, queued),
                notices=own.notices,
                withdraw=_withdraw(own, queued),
                unit_state=lambda: unit_state(own, current, faults()),
                spoken=settings.consent_audio,
            )
            server = KioskServer(build_kiosk(services, port=settings.kiosk_port), settings.kiosk_port)
            with closing(ShutterListener(settings.data, sessions.press_shutter)), server:
                yield lambda: server.living
        finally:
            executor.submit(connection.__exit__, None, None, None).result()


def unit_state(unit: Unit, current: CurrentList, faults: Collection[Alarm]) -> UnitState:
    """How old the list in memory is, and the alarms that the hub is told of too. Raises the database's errors."""
    installed = None if current.watchlist is None else current.watchlist.installed
    hours = None if installed is None else installed.age(unit.clock.now()) // HOUR
    return UnitState(hours, unit_alarms(unit, None if installed is None else installed.confirmed_at, faults))


@contextmanager
def _open_camera(unit: Unit) -> Iterator[Camera]:
    """In the studio's thread, which notes what is wrong with the camera over a connection of its own."""
    if unit.settings.camera is None:
        raise CameraLostError("No camera is set: `camera` in edge.toml.")
    choice = CameraChoice(unit.settings.camera, unit.settings.camera_module)
    with another_connection(unit) as own, camera_opener(own, choice)() as camera:
        yield camera


def _withdraw(unit: Unit, queued: Callable[[], None]) -> Callable[[str, StaffId], None]:
    withdrawing = build_withdrawing(unit)

    def withdraw(text: str, staff: StaffId) -> None:
        withdrawing.take(text, staff)
        queued()

    return withdraw


def _build_room(unit: Unit, queued: Callable[[], None]) -> IntakeRoom:
    settings, maker = unit.settings, build_maker(unit)
    return IntakeRoom(
        desk=build_desk(unit),
        found=build_found_desk(unit),
        maker=maker,
        days=maker.recorder.days,
        recogniser=build_recogniser(unit),
        camera=SharedCamera(partial(_open_camera, unit)),
        assent_from_age=settings.assent_from_age,
        queued=queued,
    )
