"""The health of the disk that a folder lies on: room, whether it can be written, and how worn it is."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.health import Alarm

LEAST_FREE: Final = 512 * 1024 * 1024
"""Bytes below which room is short: logs, a new watchlist and what the database writes beside itself."""

NO_ROOM: Final = 16 * 1024 * 1024
"""Bytes below which an intake may not find the room for its pictures and the database's own log."""

# JEDEC eMMC 5.0: estimates of life time in steps of 10 % that is used, 11 for more than all of it, of which 9 is
# 80 to 90 %; and of the reserve blocks 1 normal, 2 when 80 % are used, 3 urgent. 0 is "not defined".
_WORN_LIFE: Final = 9
_WORN_RESERVE: Final = 2


@dataclass(frozen=True, slots=True)
class Disk:
    """How it is now. `life_used`: tenths of the life time, as the device estimates; None where it does not say."""

    free: int  # bytes that the agent may use
    size: int  # bytes
    read_only: bool
    life_used: int | None
    reserve: int | None

    def faults(self) -> Iterator[Alarm]:
        """What stands."""
        if self.read_only:
            yield Alarm.DISK_READ_ONLY
        elif self.free < LEAST_FREE:
            yield Alarm.DISK_FULL if self.free < NO_ROOM else Alarm.DISK_LOW
        if (self.life_used or 0) >= _WORN_LIFE or (self.reserve or 0) >= _WORN_RESERVE:
            yield Alarm.DISK_WORN


def read_disk(folder: Path, sys: Path = Path("/sys")) -> Disk:
    """Of the disk under an existing folder. Raises OSError when the disk does not even answer that."""
    found = os.statvfs(folder)
    device = _device(folder.stat().st_dev, sys)
    life, reserve = _numbers(device / "life_time"), _numbers(device / "pre_eol_info")
    return Disk(
        free=found.f_bavail * found.f_frsize,
        size=found.f_blocks * found.f_frsize,
        read_only=bool(found.f_flag & os.ST_RDONLY),
        life_used=max(life, default=0) or None,  # Type A and type B cells: the more worn counts.
        reserve=max(reserve, default=0) or None,
    )


def _device(number: int, sys: Path) -> Path:
    """The folder of sysfs for the device that a partition, also an encrypted one, is part of; it need not be there."""
    block = (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    while below := sorted((block / "slaves").glob("*")):
        block = below[0].resolve()
    return (block.parent if (block / "partition").exists() else block) / "device"


def _numbers(path: Path) -> tuple[int, ...]:
    try:
        return tuple(int(word, 16) for word in path.read_text(encoding="ascii").split())
    except OSError:
        return ()
