"""What somebody has to see to, from how the unit is. Pure: its status, its health report and the hub say the same."""

from collections.abc import Collection
from dataclasses import dataclass

from edge_agent.sightings.outbox import Fill
from edge_agent.staff.lockout import SUSPICIOUS
from edge_agent.trusted_time import Milliseconds
from protocol.health import Alarm
from protocol.moment import Moment


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Where the unit's settings draw the lines."""

    stale_after: Milliseconds
    stop_after: Milliseconds | None  # None: an old list is used for ever
    outbox_percent: float


def alarms(
    limits: AlarmLimits,
    *,
    now: Moment,
    list_confirmed_at: Milliseconds | None,
    fill: Fill,
    weak_keys: bool,
    pin_failures: int,
    faults: Collection[Alarm] = (),
) -> tuple[Alarm, ...]:
    """The alarms that stand. `list_confirmed_at`: None without a list; `weak_keys`: a key store for development;
    `pin_failures`: the most wrong PINs in a row; `faults`: what the unit's supervision found.
    """
    age = None if list_confirmed_at is None else now.at - list_confirmed_at
    too_old = age is not None and limits.stop_after is not None and age > limits.stop_after
    stands = {
        Alarm.NO_LIST: age is None,
        Alarm.LIST_STALE: age is not None and age > limits.stale_after and not too_old,
        Alarm.LIST_TOO_OLD: too_old,
        Alarm.OUTBOX_FILLING: fill.used * 100 > fill.limit * limits.outbox_percent and not fill.full,
        Alarm.OUTBOX_FULL: fill.full,
        Alarm.CLOCK_UNSET: now.latest is None,
        Alarm.DEVELOPMENT_KEYS: weak_keys,
        Alarm.PIN_GUESSED: pin_failures >= SUSPICIOUS,
    }
    return tuple(alarm for alarm in Alarm if stands.get(alarm, alarm in faults))
