"""The only place where a unit's parts are made and joined, one part in each module."""

from edge_agent.bootstrap.agent import run_agent
from edge_agent.bootstrap.body import camera_opener, unit_body
from edge_agent.bootstrap.intakes import (
    build_desk,
    build_found_desk,
    build_maker,
    build_pipeline,
    build_recogniser,
    build_withdrawing,
)
from edge_agent.bootstrap.keys import places, zeroise_unit
from edge_agent.bootstrap.lists import build_stick_synchroniser, build_synchroniser
from edge_agent.bootstrap.unit import Unit, open_unit, unit_alarms

__all__ = [
    "Unit",
    "build_desk",
    "build_found_desk",
    "build_maker",
    "build_pipeline",
    "build_recogniser",
    "build_stick_synchroniser",
    "build_synchroniser",
    "build_withdrawing",
    "camera_opener",
    "open_unit",
    "places",
    "run_agent",
    "unit_alarms",
    "unit_body",
    "zeroise_unit",
]
