"""Voltage and heat, as the Raspberry Pi's firmware tells them. A machine that does not tell has no such faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.health import Alarm

# Boards differ in the name of the part above it.
_THROTTLED: Final = ("devices/platform/*firmware/get_throttled", "devices/platform/*/*firmware/get_throttled")
_TEMPERATURE: Final = "class/thermal/thermal_zone0/temp"

# Kernels that are not the Raspberry Pi's own have no such file, but a sensor of that name, which tells of the voltage.
_SENSORS: Final = "class/hwmon/hwmon*/name"
_VOLTAGE_SENSOR: Final = "rpi_volt"
_VOLTAGE_ALARM: Final = "in0_lcrit_alarm"

# Bits of `vcgencmd get_throttled`, whose word the kernel shows in the file above: what is so now, and above it (+16)
# what was so at some time since the start.
_UNDER_VOLTAGE, _CAPPED, _THROTTLED_NOW, _SOFT_LIMIT = (1 << bit for bit in range(4))
_SINCE_START: Final = 16


@dataclass(frozen=True, slots=True)
class Power:
    """What the board tells of itself."""

    throttled: int | None  # the firmware's word; None where there is no such firmware
    celsius: float | None  # of the processor
    low_voltage: bool = False  # as the kernel's sensor tells

    def faults(self) -> Iterator[Alarm]:
        """What stands now, or stood at some time since the start in the case of voltage: a dip lasts milliseconds."""
        word = self.throttled or 0
        if self.low_voltage or word & (_UNDER_VOLTAGE | _UNDER_VOLTAGE << _SINCE_START):
            yield Alarm.UNDER_VOLTAGE
        if word & (_THROTTLED_NOW | _SOFT_LIMIT) or (word & _CAPPED and not word & _UNDER_VOLTAGE):
            yield Alarm.TOO_HOT


def read_power(sys: Path = Path("/sys")) -> Power:
    """Read now."""
    words = [_text(path) for pattern in _THROTTLED for path in sys.glob(pattern)]
    throttled = next((word for word in words if word is not None), None)
    temperature = _text(sys / _TEMPERATURE)
    sensors = [name.parent for name in sys.glob(_SENSORS) if _text(name) == _VOLTAGE_SENSOR]
    return Power(
        throttled=None if throttled is None else int(throttled, 16),
        celsius=None if temperature is None else int(temperature) / 1000,
        low_voltage=any(_text(sensor / _VOLTAGE_ALARM) == "1" for sensor in sensors),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None
