from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.database import UnitDatabase
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import Agreed, KnownTime, Uptime


@pytest.mark.parametrize("error", [None, 0, 1200])
def test_what_is_known_of_the_time_survives_a_restart(tmp_path: Path, error: int | None) -> None:
    agreed = Agreed(1_799_999_000_000, 1_799_999_900_000, 78)
    known = KnownTime(1_800_000_000_000, error, 1_800_000_005_000, Uptime(2**48 - 1, 77), agreed)
    database = UnitDatabase(tmp_path / "unit.sqlite")
    assert TimeStore(database).read() == KnownTime.nothing()
    TimeStore(database).keep(known)
    database.close()
    again = UnitDatabase(tmp_path / "unit.sqlite")
    assert TimeStore(again).read() == known
    again.close()


def test_unit_that_is_updated_forgets_what_time_it_was(tmp_path: Path) -> None:
    known = KnownTime(1_800_000_000_000, None, 1_800_000_005_000, Uptime(1, 77), Agreed(1, 2, 3))
    database = UnitDatabase(tmp_path / "unit.sqlite")
    TimeStore(database).keep(known)
    with database.transaction() as tables:  # As the version before kept it.
        tables.execute("DELETE FROM state WHERE name IN ('time_agreed', 'time_told', 'time_counted')")
    assert TimeStore(database).read() == replace(known, agreed=Agreed())
    database.close()
