"""A unit's supervision from its settings and parts; for bootstrap alone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import structlog

from credentials.vault import Vault
from edge_agent.camera.frame import Camera, OpenCamera
from edge_agent.camera.source import CameraChoice, open_source
from edge_agent.camera.watched import CAMERA_FAULTS
from edge_agent.config import EdgeSettings
from edge_agent.database import UnitDatabase
from edge_agent.link.wake import Tap, wake_agent
from edge_agent.panel.protocol import NoPanel, Panel, PanelMissingError, Pins
from edge_agent.panel.shutter import press_shutter
from edge_agent.supervision.notes import FaultNotes
from edge_agent.supervision.power import read_power
from edge_agent.supervision.selftest import check_camera, check_disk, check_models, check_vault
from edge_agent.trusted_time import Milliseconds
from faults import UnavailableError
from models.pack import Pack
from protocol.health import Alarm

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What of a unit can break."""

    settings: EdgeSettings
    notes: FaultNotes
    vault: Vault
    pack: Pack
    camera: CameraChoice | None


def body_of(settings: EdgeSettings, database: UnitDatabase, vault: Vault, pack: Pack) -> Body:
    """The parts of a unit that is open."""
    camera = None if settings.camera is None else CameraChoice(settings.camera, settings.camera_module)
    return Body(settings, FaultNotes(database), vault, pack, camera)


def pins_of(settings: EdgeSettings) -> Pins:
    """The panel's lines."""
    return Pins(settings.panel_shutter_pin, settings.panel_light_pins, settings.panel_tamper_pin)


def tested_faults(body: Body) -> frozenset[Alarm]:
    """Of the self-test, what only another start mends; at disk and camera `standing_faults` goes on looking."""
    return frozenset([*check_models(body.pack, body.settings.threads), *check_vault(body.vault)])


class CameraPresence:
    """Notes when the camera comes or goes between two intakes, and takes no picture for it.

    What an intake found stands meanwhile: a camera that is there and does not open is lost too.
    """

    def __init__(self, body: Body) -> None:
        """Nothing is looked at yet."""
        self._body = body
        self._missing: frozenset[Alarm] | None = None

    def note(self) -> None:
        """Look, and note what is not as it was at the last look."""
        missing = frozenset(check_camera(self._body.camera))
        if missing != self._missing:
            with suppress(UnavailableError):  # A disk that takes nothing is a fault of its own.
                self._body.notes.settle({Alarm.CAMERA_LOST}, missing)
                self._missing = missing


def standing_faults(body: Body, presence: CameraPresence) -> frozenset[Alarm]:
    """What stands now, of voltage, heat, disk and camera."""
    presence.note()
    found = frozenset([*read_power().faults(), *check_disk(body.settings.data)])
    with suppress(UnavailableError):
        return found | body.notes.standing()
    return found | {Alarm.DISK_READ_ONLY}


def watched_opener(choice: CameraChoice, now: Callable[[], Milliseconds], body: Body) -> OpenCamera:
    """Opens a camera whose state is noted, and tells the agent of it, whose light it is."""

    def note(fault: Alarm | None) -> None:
        # A recording says nothing of the unit's camera; that the disk takes nothing, the intake itself says.
        if choice.live:
            with suppress(UnavailableError):
                body.notes.settle(CAMERA_FAULTS, () if fault is None else {fault})

    @contextmanager
    def opened() -> Iterator[Camera]:
        wake_agent(body.settings.data, Tap.CAPTURE_BEGAN)
        try:
            with open_source(choice, now, note) as camera:
                yield camera
        finally:
            wake_agent(body.settings.data, Tap.CAPTURE_ENDED)

    return opened


def open_panel(settings: EdgeSettings, on_tamper: Callable[[], None]) -> tuple[Panel, frozenset[Alarm]]:
    """The unit's panel, and the fault where one is set and none is there."""
    pins = pins_of(settings)
    if not pins.used:
        return NoPanel(), frozenset()
    # gpiozero is not loaded on units without a panel.
    from edge_agent.panel.gpio_panel import GpioPanel

    def destroy() -> None:
        logger.error("panel.opened")
        # Said, as a thread takes after the one that starts it: the process must not end before everything is destroyed,
        # though the agent ends meanwhile.
        threading.Thread(target=on_tamper, name="zeroise", daemon=False).start()

    try:
        return GpioPanel(pins, on_shutter=partial(press_shutter, settings.data), on_tamper=destroy), frozenset()
    except PanelMissingError as error:
        logger.warning("panel.missing", reason=str(error))
        return NoPanel(), frozenset({Alarm.PANEL_MISSING})
