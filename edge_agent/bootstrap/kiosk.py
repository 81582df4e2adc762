"""The unit's screen, served by the agent: one recogniser and one list in memory for both."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial

from edge_agent.bootstrap.body import camera_opener
from edge_agent.bootstrap.intakes import build_desk, build_found_desk, build_maker, build_recogniser, build_withdrawing
from edge_agent.bootstrap.unit import Unit, alarm_limits, another_connection
from edge_agent.camera.frame import Camera, CameraLostError
from edge_agent.camera.source import CameraChoice
from edge_agent.kiosk.app import build_kiosk
from edge_agent.kiosk.intake import IntakeRoom
from edge_agent.kiosk.server import KioskServer
from edge_agent.kiosk.services import KioskServices, ListState, Worker
from edge_agent.kiosk.sessions import Sessions
from edge_agent.link.current_list import CurrentList
from edge_agent.panel.shutter import ShutterListener
from edge_agent.staff.desk import StaffDesk
from edge_agent.trusted_time import HOUR
from protocol.staff import StaffId


@contextmanager
def serve_kiosk(
    unit: Unit,
    current: CurrentList,
    queued: Callable[[], None],
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Callable[[], bool]]:
    """Until the block ends, where the settings give the screen a port; says whether it lives.

    `queued` is called when an intake was put on the disk. Raises PortTakenError, PackRejectedError or the database's
    errors.
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
                list_state=lambda: list_state(unit, current),
                spoken=settings.consent_audio,
            )
            server = KioskServer(build_kiosk(services, port=settings.kiosk_port), settings.kiosk_port)
            with closing(ShutterListener(settings.data, sessions.press_shutter)), server:
                yield lambda: server.living
        finally:
            executor.submit(connection.__exit__, None, None, None).result()


def list_state(unit: Unit, current: CurrentList) -> ListState:
    """How old the list in memory is, by the unit's own limits."""
    watchlist, limits = current.watchlist, alarm_limits(unit.settings)
    if watchlist is None:
        return ListState(None, stale=True, waits=True)
    age = watchlist.installed.age(unit.clock.now())
    stopped = limits.stop_after is not None and age > limits.stop_after
    return ListState(age // HOUR, stale=age > limits.stale_after, waits=stopped)


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
        open_camera=partial(_open_camera, unit),
        assent_from_age=settings.assent_from_age,
        queued=queued,
    )
