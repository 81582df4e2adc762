"""A short campaign: what would be wrong if one cycle of each kind of fault lost or doubled anything."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.chaos.faults import KINDS

ON_POSTGRESQL = (
    "database killed",
    "connections to the database cut",
    "connection of the leader cut",
    "hub killed between commit and receipt",
    "hub killed while it publishes",
    "everything killed",
)


def run(folder: Path, cycles: int, *more: str) -> dict[str, Any]:
    """What a campaign reports that finds nothing."""
    report = folder / "report.json"
    plan = ["--cycles", str(cycles), "--seed", "1", "--folder", str(folder), "--report", str(report)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *plan, *more],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(report.read_text())
    assert told["cycles"] == cycles
    assert told["attempts"]["accepted"] > 0
    return told


def test_fault_of_some_kind_loses_or_doubles_something(tmp_path: Path) -> None:
    told = run(tmp_path, len(KINDS), "--lanes", "2")
    # Kinds for which this machine has not what they need are named, and the others take their turns.
    assert set(told["faults"]) | set(told["left_out"]) == set(KINDS)


def test_fault_of_the_database_server_loses_or_doubles_something(tmp_path: Path) -> None:
    kinds = [word for kind in ON_POSTGRESQL for word in ("--only", kind)]
    told = run(tmp_path, len(ON_POSTGRESQL), "--lanes", "1", "--database", "postgresql", *kinds)
    assert set(told["faults"]) | set(told["left_out"]) >= set(ON_POSTGRESQL)
