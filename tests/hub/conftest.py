"""A desk of its own for every test of the console's rooms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The rooms of one hub, with the reviewers amina and bimal."""
    rooms = Desk(tmp_path)
    yield rooms
    rooms.database.close()
