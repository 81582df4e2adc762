from pathlib import Path

import pytest

from edge_agent.database import UnitDatabase
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import KnownTime, Uptime


@pytest.mark.parametrize("error", [None, 0, 1200])
def test_what_is_known_of_the_time_survives_a_restart(tmp_path: Path, error: int | None) -> None:
    known = KnownTime(1_800_000_000_000, error, 1_800_000_005_000, Uptime(2**48 - 1, 77))
    database = UnitDatabase(tmp_path / "unit.sqlite")
    assert TimeStore(database).read() == KnownTime.nothing()
    TimeStore(database).keep(known)
    database.close()
    again = UnitDatabase(tmp_path / "unit.sqlite")
    assert TimeStore(again).read() == known
    again.close()
