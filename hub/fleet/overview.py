"""A unit in the words of the console: what is well, and what somebody has to see to. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.clock import DAY, HOUR, MINUTE, SECOND
from hub.fleet.model import Delivery, UnitHealth, UnitState
from protocol.health import Alarm

_SILENT: Final = 10 * MINUTE
"""Units report every minute."""

_CLOCK_TOLERANCE: Final = 2 * MINUTE


class Level(StrEnum):
    """How urgent a remark is; the style sheet's names."""

    GOOD = "good"
    CARE = "care"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Remark:
    """A few words on a unit."""

    text: str
    level: Level


_ALARMS: Final[dict[str, Remark]] = {
    Alarm.NO_LIST: Remark("No watchlist", Level.BAD),
    Alarm.LIST_STALE: Remark("Watchlist is old", Level.CARE),
    Alarm.LIST_TOO_OLD: Remark("Watchlist too old: nobody is compared", Level.BAD),
    Alarm.OUTBOX_FILLING: Remark("Outbox is filling", Level.CARE),
    Alarm.OUTBOX_FULL: Remark("Outbox full: no intakes", Level.BAD),
    Alarm.CLOCK_UNSET: Remark("Time uncertain", Level.CARE),
    Alarm.DEVELOPMENT_KEYS: Remark("Development keys", Level.CARE),
    Alarm.CAMERA_LOST: Remark("No camera", Level.BAD),
    Alarm.CAMERA_COVERED: Remark("Camera covered", Level.CARE),
    Alarm.CAMERA_FROZEN: Remark("Camera gives one picture again and again", Level.BAD),
    Alarm.CAMERA_COLOUR: Remark("Camera's colours are wrong", Level.CARE),
    Alarm.MODELS_FAILED: Remark("Recogniser does not work", Level.BAD),
    Alarm.VAULT_FAILED: Remark("Vault does not work", Level.BAD),
    Alarm.DISK_LOW: Remark("Disk almost full", Level.CARE),
    Alarm.DISK_READ_ONLY: Remark("Disk cannot be written: no intakes", Level.BAD),
    Alarm.DISK_WORN: Remark("Disk is worn: replace it", Level.CARE),
    Alarm.UNDER_VOLTAGE: Remark("Power supply too weak", Level.CARE),
    Alarm.TOO_HOT: Remark("Too hot: slowed down", Level.CARE),
    Alarm.PIN_GUESSED: Remark("Wrong PINs many times in a row: ask the site", Level.BAD),
    Alarm.PANEL_MISSING: Remark("Button, light and tamper switch are not there", Level.BAD),
}


def remarks(state: UnitState, now: int) -> list[Remark]:
    """What is to be said of a unit, the worst first; one good word where there is nothing else."""
    found = [*_of_health(state.health, now), *_of_delivery(state)]
    return sorted(found, key=lambda remark: remark.level is not Level.BAD) or [Remark("In order", Level.GOOD)]


def duration(milliseconds: int) -> str:
    """A length of time in the unit that people would say: `5 minutes`, `3 days`."""
    for length, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if milliseconds >= 2 * length:
            return f"{milliseconds // length} {name}s"
    return "under 2 minutes"


def missing_numbers(delivery: Delivery) -> str:
    """The numbers of which nothing is known, the oldest first: `3–5, 9`."""
    shown = [f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in delivery.missing]
    more = sum(map(len, delivery.missing)) < delivery.missing_count
    return ", ".join([*shown, "…"] if more else shown)


def _of_health(health: UnitHealth | None, now: int) -> Iterator[Remark]:
    if health is None:
        yield Remark("Never seen", Level.CARE)
        return
    yield from _of_presence(health, now)
    for alarm in health.report.alarms:
        yield _ALARMS.get(alarm, Remark(alarm.replace("-", " ").capitalize(), Level.CARE))
    yield from _of_clock(health)
    if health.report.expired:
        yield Remark(f"{health.report.expired} intakes erased before they could be compared", Level.BAD)


def _of_presence(health: UnitHealth, now: int) -> Iterator[Remark]:
    if health.gone_at is not None:
        yield Remark(f"Offline for {duration(now - health.gone_at)}", Level.CARE)
    elif now - health.received_at > _SILENT:
        yield Remark(f"Silent for {duration(now - health.received_at)}", Level.CARE)


def _of_delivery(state: UnitState) -> Iterator[Remark]:
    delivery = state.delivery
    # What waits at the unit has a number already and is no loss.
    unexplained = delivery.missing_count - (0 if state.health is None else state.health.report.pending)
    if unexplained > 0:
        yield Remark(f"{unexplained} messages missing: number {missing_numbers(delivery)}", Level.BAD)
    if delivery.lost:
        yield Remark(f"{delivery.lost} intakes lost: erased before they were delivered", Level.BAD)
    if delivery.refused:
        yield Remark(f"{delivery.refused} messages refused", Level.CARE)


def _of_clock(health: UnitHealth) -> Iterator[Remark]:
    error = health.report.clock_error
    if error is None:
        return
    apart = abs(health.report.sent_at - health.received_at)
    if apart > error + _CLOCK_TOLERANCE:
        yield Remark(f"Clock is {duration(apart)} apart from the hub's", Level.CARE)
    elif error > _CLOCK_TOLERANCE:
        yield Remark(f"Time uncertain by {round(error / SECOND)} seconds", Level.CARE)
