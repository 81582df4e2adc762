"""A clock of its own for each program, which can be set wrong while the program runs."""

import ctypes
import shutil
import struct
import subprocess
import time
from datetime import datetime
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")
_SECOND = 1_000_000_000


def compiler() -> str | None:
    """What builds the clock; without it no clock can be set wrong."""
    return shutil.which("cc")


def build_clock(folder: Path) -> Path:
    """The library to be preloaded, built for this machine."""
    library = folder / "clock.so"
    command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(_SOURCE)]
    subprocess.run(command, check=True, capture_output=True)
    return library


def go_by(clock: Path) -> None:
    """Called in a program that has the library preloaded, before its first line."""
    if ctypes.CDLL(None).chaos_clock(str(clock).encode()) != 0:
        raise OSError(f"The clock {clock} cannot be used.")


class Clock:
    """The calendar of one unit or hub: what its battery-backed chip would say, right or wrong."""

    def __init__(self, path: Path) -> None:
        """A right clock."""
        self.path = path
        path.write_bytes(bytes(8))

    def turn(self, seconds: float) -> None:
        """Let it be ahead by so much, or behind; 0 sets it right."""
        with self.path.open("r+b") as file:
            file.write(struct.pack("=q", round(seconds * _SECOND)))

    def set(self, moment: datetime) -> None:
        """Let it go on from this moment."""
        self.turn(moment.timestamp() - time.time())
