"""Voltage and heat, as the Raspberry Pi's firmware tells them. A machine that does not tell has no such faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.health import Alarm

# Boards differ in the name of the part above it.
_THROTTLED: Final = ("devices/platform/*firmware/get_throttled", "devices/platform/*/*firmware/get_throttled")
_TEMPERATURE: Final = "class/thermal/thermal_zone0/temp"

# Bits of `vcgencmd get_throttled`, whose word the kernel shows in the file above: what is so now, and above it (+16)
# what was so at some time since the start.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED_NOW, _SOFT_LIMIT = (1 << bit for bit in range(4))
_SINCE_START: Final = 16


@dataclass(frozen=True, slots=True)
class Power:
    """What the board tells of itself."""

    throttled: int | None  # the firmware's word; None where there is no such firmware
    celsius: float | None  # of the processor

    def faults(self) -> Iterator[Alarm]:
        """What stands now, or stood at some time since the start in the case of voltage: a dip lasts milliseconds."""
        word = self.throttled or 0
        if word & (_UNDER_VOLTAGE | _UNDER_VOLTAGE << _SINCE_START):
            yield Alarm.UNDER_VOLTAGE
        if word & (_THROTTLED_NOW | _SOFT_LIMIT) or (word & _CAPPED and not word & _UNDER_VOLTAGE):
            yield Alarm.TOO_HOT


def read_power(sys: Path = Path("/sys")) -> Power:
    """Read now."""
    words = [_text(path) for pattern in _THROTTLED for path in sys.glob(pattern)]
    throttled = next((word for word in words if word is not None), None)
    temperature = _text(sys / _TEMPERATURE)
    return Power(
        throttled=None if throttled is None else int(throttled, 16),
        celsius=None if temperature is None else int(temperature) / 1000,
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None
