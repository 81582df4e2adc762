"""What the light can say. It cannot say more: nothing here, and nothing that sets it, knows of a candidate. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    """The states of the unit's light."""

    READY = "ready"
    CAPTURING = "capturing"
    QUEUED = "queued"  # something waits for the hub's receipt
    OFFLINE = "offline"
    FAULT = "fault"  # no intake can be taken


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the light is told, and the same for every intake, whatever was found."""

    capturing: bool
    connected: bool
    queued: bool
    fault: bool


def choose_light(situation: Situation) -> Light:
    """What matters most to whoever stands there."""
    if situation.capturing:
        return Light.CAPTURING
    if situation.fault:
        return Light.FAULT
    if not situation.connected:
        return Light.OFFLINE
    return Light.QUEUED if situation.queued else Light.READY
