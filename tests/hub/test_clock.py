"""A hub whose machine has a wrong clock: what is dated in 1970 or 2099 is lost or holds for ever."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
