"""What looks after the unit itself: its camera, its panel, its supervision."""

import os
import time
from contextlib import suppress
from functools import partial

from edge_agent.bootstrap.keys import zeroise_unit
from edge_agent.bootstrap.unit import Unit
from edge_agent.camera.frame import OpenCamera
from edge_agent.camera.source import CameraChoice
from edge_agent.link.mqtt_link import MqttLink
from edge_agent.supervision.notify import service_manager
from edge_agent.supervision.supervisor import Delivery, Supervisor
from edge_agent.supervision.wiring import (
    Body,
    CameraPresence,
    body_of,
    open_panel,
    standing_faults,
    tested_faults,
    watched_opener,
)
from faults import UnavailableError
from protocol.health import Alarm


def camera_opener(unit: Unit, choice: CameraChoice) -> OpenCamera:
    """Opens this camera for an intake; the agent's light says so, and what is wrong with it goes into its health."""
    return watched_opener(choice, unit.clock.now, unit_body(unit))


def unit_body(unit: Unit) -> Body:
    """What of the unit its supervision looks at."""
    return body_of(unit.settings, unit.database, unit.vault, unit.pack)


def build_supervisor(unit: Unit, link: MqttLink) -> Supervisor:
    """With what the self-test found. The tamper switch destroys the unit's keys."""
    body = unit_body(unit)
    panel, missing = open_panel(unit.settings, on_tamper=partial(zeroise_unit, unit.settings))
    with suppress(UnavailableError):  # A disk that takes nothing is a fault of its own.
        body.notes.settle({Alarm.PANEL_MISSING}, missing)  # For `mca edge doctor`: the lines are the agent's.

    def delivery() -> Delivery:
        return Delivery(link.connected, unit.outbox.counts().pending > 0, unit.outbox.fill().full)

    return Supervisor(
        manager=service_manager(os.environ, os.getpid()),
        panel=panel,
        look=partial(standing_faults, body, CameraPresence(body)),
        delivery=delivery,
        living=(),
        monotonic=time.monotonic,
        tested=tested_faults(body) | missing,
    )
