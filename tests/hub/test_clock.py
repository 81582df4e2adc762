"""A hub whose machine has a wrong clock: what is dated in 1970 or 2099 is lost or holds for ever."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.clock import DAY, HOUR, MINUTE, SteadyClock
from tests.chaos.clock import Clock, build_clock, compiler

READ = "import sys; from tests.chaos.clock import go_by; go_by(sys.argv[1]); from hub.clock import *; system_clock()"


@pytest.mark.skipif(compiler() is None, reason="no C compiler: the clock of a process cannot be set wrong")
@pytest.mark.parametrize("year", [1970, 2024, 2060, 2099])
def test_impossible_time_is_believed(tmp_path: Path, year: int) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(datetime(year, 6, 1, tzinfo=UTC))
    done = subprocess.run(
        [sys.executable, "-c", READ, str(clock.path)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"LD_PRELOAD": str(build_clock(tmp_path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"ClockError: The clock of this machine says {year}" in done.stderr


@pytest.mark.skipif(compiler() is None, reason="no C compiler: the clock of a process cannot be set wrong")
def test_possible_time_is_not_believed(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(datetime(2031, 6, 1, tzinfo=UTC))
    command = [sys.executable, "-c", READ, str(clock.path)]
    root = Path(__file__).parents[2]
    subprocess.run(command, cwd=root, env=os.environ | {"LD_PRELOAD": str(build_clock(tmp_path))}, check=True)


@dataclass
class Machine:
    """A clock, and what its machine has counted."""

    clock: int = 1_000 * DAY
    count: int = 0

    def run(self, for_: int) -> None:
        self.clock += for_
        self.count += for_


def test_second_of_next_year_ends_what_ends_with_a_day() -> None:
    machine = Machine()
    steady = SteadyClock(lambda: machine.clock, lambda: machine.count)
    machine.run(HOUR)
    machine.clock += 300 * DAY
    assert steady() == 1_000 * DAY + HOUR
    machine.run(MINUTE)
    assert steady() == 1_000 * DAY + HOUR + MINUTE
    machine.clock -= 300 * DAY
    machine.run(MINUTE)
    assert steady() == machine.clock
    # A day at a time it is an ordinary clock, and so it is backwards.
    machine.run(DAY)
    assert steady() == machine.clock
    machine.clock -= 30 * DAY
    assert steady() == machine.clock


def test_clock_that_was_set_right_is_not_believed_for_ever() -> None:
    machine = Machine()
    steady = SteadyClock(lambda: machine.clock, lambda: machine.count)
    machine.clock += 300 * DAY
    assert steady() == 1_000 * DAY
    machine.run(HOUR - 1)
    assert steady() == machine.clock - 300 * DAY
    machine.run(1)
    assert steady() == machine.clock
