"""A short campaign: what would be wrong if one cycle of each kind of fault lost or doubled anything."""

import json
import subprocess
import sys
from pathlib import Path

from tests.chaos.faults import KINDS


def test_fault_of_some_kind_loses_or_doubles_something(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    campaign = ["--cycles", str(len(KINDS)), "--seed", "1", "--lanes", "2"]
    places = ["--folder", str(tmp_path), "--report", str(report)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *campaign, *places],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text())
    assert told["cycles"] == len(KINDS)
    # Kinds for which this machine has not what they need are named, and the others take their turns.
    assert set(told["faults"]) | set(told["left_out"]) == set(KINDS)
    assert told["attempts"]["accepted"] > 0
