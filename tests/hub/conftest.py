"""A desk of its own for every test of the console's rooms, on both kinds of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import chosen_database, database_url, hub_database, postgres
from tests.support.desk import Desk

__all__ = ["chosen_database", "database_url", "hub_database", "postgres"]


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """The rooms of one hub, with the reviewers amina and bimal."""
    rooms = Desk(tmp_path, database_url)
    yield rooms
    rooms.database.close()
