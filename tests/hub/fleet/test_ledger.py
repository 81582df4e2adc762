"""Numbers that never came are seen, and those that came late, were lost or refused are accounted for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from hub.db import Database
from hub.fleet import ledger_store
from hub.fleet.model import Delivery, KnownMessage, Standing
from hub.fleet.store import unit_messages, units
from protocol.ids import UnitId

UNIT, OTHER = UnitId("bd/benapole-1"), UnitId("bd/petrapole-1")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    with database.begin() as connection:
        for unit in (UNIT, OTHER):
            row = {"id": unit, "site": "bd/site", "slices": "[]", "verify_key": b"", "seal_key": b"", "active": True}
            connection.execute(insert(units).values(row))
    yield database
    database.close()


def come(database: Database, *numbers: int, standing: Standing = Standing.SIGHTING, unit: UnitId = UNIT) -> None:
    with database.begin() as connection:
        ledger_store.put(connection, {(unit, number): KnownMessage(bytes(32), standing, 7) for number in numbers})


def delivery(database: Database, *, reported: int | None = None) -> Delivery:
    with database.read() as connection:
        said = {} if reported is None else {UNIT: reported}
        return ledger_store.deliveries(connection, said).get(UNIT, Delivery(0))


def test_numbers_that_are_missing_are_named_and_close_when_they_come_late(database: Database) -> None:
    come(database, 2, 5, 6, 9)
    come(database, 1, 2, 3, unit=OTHER)
    assert delivery(database) == Delivery(9, (range(1, 2), range(3, 5), range(7, 9)), 5)
    come(database, 1, 3, 4, 7)
    assert delivery(database) == Delivery(9, (range(8, 9),), 1)
    come(database, 8)
    assert delivery(database) == Delivery(9)


def test_last_messages_of_a_unit_cannot_be_kept_back_unseen(database: Database) -> None:
    come(database, 1, 2)
    assert delivery(database, reported=5) == Delivery(5, (range(3, 6),), 3)


def test_unit_of_which_nothing_ever_came_is_not_taken_for_one_that_sent_nothing(database: Database) -> None:
    assert delivery(database, reported=3) == Delivery(3, (range(1, 4),), 3)
    assert delivery(database, reported=0) == Delivery(0)


def test_lost_and_refused_messages_are_counted_and_leave_no_gap(database: Database) -> None:
    come(database, 1, 4, standing=Standing.LOSS)
    come(database, 2, standing=Standing.LOST)
    come(database, 3, standing=Standing.REFUSED)
    assert delivery(database) == Delivery(4, (), 0, lost=1, refused=1)


def test_message_that_was_called_lost_takes_its_place_when_it_comes(database: Database) -> None:
    come(database, 1, standing=Standing.LOST)
    come(database, 1)
    assert delivery(database) == Delivery(1)


def test_list_of_gaps_is_short_and_their_count_is_whole(database: Database) -> None:
    come(database, *range(2, 100, 2))
    found = delivery(database, reported=200)
    assert found.missing == tuple(range(number, number + 1) for number in (1, 3, 5, 7, 9))
    assert found.missing_count == 200 - 49


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(numbers=st.sets(st.integers(1, 30)), reported=st.integers(0, 40))
def test_ranges_are_exactly_the_numbers_that_did_not_come(database: Database, numbers: set[int], reported: int) -> None:
    with database.begin() as connection:
        connection.execute(delete(unit_messages))
    come(database, *numbers)
    found = delivery(database, reported=reported)
    top = max([*numbers, reported])
    missing = sorted(set(range(1, top + 1)) - numbers)
    assert (found.greatest, found.missing_count) == (top, len(missing))
    shown = [number for part in found.missing for number in part]
    assert shown == missing[: len(shown)]
    assert len(found.missing) == 5 or shown == missing
