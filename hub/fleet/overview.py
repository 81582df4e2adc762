"""A unit in the words of the console: what is well, and what somebody has to see to. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from faults import Sentence
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

    text: Sentence
    level: Level


_ALARMS: Final[dict[str, Remark]] = {
    Alarm.NO_LIST: Remark(Sentence("No watchlist"), Level.BAD),
    Alarm.LIST_STALE: Remark(Sentence("Watchlist is old"), Level.CARE),
    Alarm.LIST_TOO_OLD: Remark(Sentence("Watchlist too old: nobody is compared"), Level.BAD),
    Alarm.OUTBOX_FILLING: Remark(Sentence("Outbox is filling"), Level.CARE),
    Alarm.OUTBOX_FULL: Remark(Sentence("Outbox full: no intakes"), Level.BAD),
    Alarm.CLOCK_UNSET: Remark(Sentence("Time uncertain"), Level.CARE),
    Alarm.DEVELOPMENT_KEYS: Remark(Sentence("Development keys"), Level.CARE),
    Alarm.CAMERA_LOST: Remark(Sentence("No camera"), Level.BAD),
    Alarm.CAMERA_COVERED: Remark(Sentence("Camera covered"), Level.CARE),
    Alarm.CAMERA_FROZEN: Remark(Sentence("Camera gives one picture again and again"), Level.BAD),
    Alarm.CAMERA_COLOUR: Remark(Sentence("Camera's colours are wrong"), Level.CARE),
    Alarm.MODELS_FAILED: Remark(Sentence("Recogniser does not work"), Level.BAD),
    Alarm.VAULT_FAILED: Remark(Sentence("Vault does not work"), Level.BAD),
    Alarm.DISK_LOW: Remark(Sentence("Disk almost full"), Level.CARE),
    Alarm.DISK_FULL: Remark(Sentence("Disk full: no intakes"), Level.BAD),
    Alarm.DISK_READ_ONLY: Remark(Sentence("Disk cannot be written: no intakes"), Level.BAD),
    Alarm.DISK_WORN: Remark(Sentence("Disk is worn: replace it"), Level.CARE),
    Alarm.UNDER_VOLTAGE: Remark(Sentence("Power supply too weak"), Level.CARE),
    Alarm.TOO_HOT: Remark(Sentence("Too hot: slowed down"), Level.CARE),
    Alarm.PIN_GUESSED: Remark(Sentence("Wrong PINs many times in a row: ask the site"), Level.BAD),
    Alarm.PANEL_MISSING: Remark(Sentence("Button, light and tamper switch are not there"), Level.BAD),
}


def remarks(state: UnitState, now: int) -> list[Remark]:
    """What is to be said of a unit, the worst first; one good word where there is nothing else."""
    found = [*_of_health(state.health, now), *_of_delivery(state)]
    return sorted(found, key=lambda remark: remark.level is not Level.BAD) or [Remark(Sentence("In order"), Level.GOOD)]


def duration(milliseconds: int) -> Sentence:
    """A length of time in the unit that people would say: `5 minutes`, `3 days`."""
    if milliseconds >= 2 * DAY:
        return Sentence("{count} days", count=milliseconds // DAY)
    if milliseconds >= 2 * HOUR:
        return Sentence("{count} hours", count=milliseconds // HOUR)
    if milliseconds >= 2 * MINUTE:
        return Sentence("{count} minutes", count=milliseconds // MINUTE)
    return Sentence("under 2 minutes")


def missing_numbers(delivery: Delivery) -> str:
    """The numbers of which nothing is known, the oldest first: `3–5, 9`."""
    shown = [f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in delivery.missing]
    more = sum(map(len, delivery.missing)) < delivery.missing_count
    return ", ".join([*shown, "…"] if more else shown)


def _of_health(health: UnitHealth | None, now: int) -> Iterator[Remark]:
    if health is None:
        yield Remark(Sentence("Never seen"), Level.CARE)
        return
    yield from _of_presence(health, now)
    for alarm in health.report.alarms:
        yield _ALARMS.get(alarm, Remark(Sentence(alarm.replace("-", " ").capitalize()), Level.CARE))
    yield from _of_clock(health)
    if health.report.expired:
        yield Remark(
            Sentence("{count} intakes erased before they could be compared", count=health.report.expired), Level.BAD
        )


def _of_presence(health: UnitHealth, now: int) -> Iterator[Remark]:
    if health.gone_at is not None:
        yield Remark(Sentence("Offline for {time}", time=duration(now - health.gone_at)), Level.CARE)
    elif now - health.received_at > _SILENT:
        yield Remark(Sentence("Silent for {time}", time=duration(now - health.received_at)), Level.CARE)


def _of_delivery(state: UnitState) -> Iterator[Remark]:
    delivery = state.delivery
    # What waits at the unit has a number already and is no loss.
    unexplained = delivery.missing_count - (0 if state.health is None else state.health.report.pending)
    if unexplained > 0:
        yield Remark(
            Sentence(
                "{count} messages missing: number {numbers}", count=unexplained, numbers=missing_numbers(delivery)
            ),
            Level.BAD,
        )
    if delivery.lost:
        yield Remark(
            Sentence("{count} intakes lost: erased before they were delivered", count=delivery.lost), Level.BAD
        )
    if delivery.refused:
        yield Remark(Sentence("{count} messages refused", count=delivery.refused), Level.CARE)


def _of_clock(health: UnitHealth) -> Iterator[Remark]:
    error = health.report.clock_error
    if error is None:
        return
    apart = abs(health.report.sent_at - health.received_at)
    if apart > error + _CLOCK_TOLERANCE:
        yield Remark(Sentence("Clock is {time} apart from the hub's", time=duration(apart)), Level.CARE)
    elif error > _CLOCK_TOLERANCE:
        yield Remark(Sentence("Time uncertain by {count} seconds", count=round(error / SECOND)), Level.CARE)
