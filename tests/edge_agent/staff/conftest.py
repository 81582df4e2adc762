"""A unit that has a list of two people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_agent.staff.lists import BOTH, Unit, staff_list


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    made = Unit(tmp_path)
    made.store.take(staff_list(*BOTH))
    yield made
    made.database.close()
