from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.database import DatabaseUnavailableError, UnitDatabase
from edge_agent.sightings.outbox import Counts, IntakeRecord, Outbox, ReceiptMismatchError
from protocol.envelope import digest
from protocol.ids import SightingId
from protocol.receipt import Receipt


@pytest.fixture
def database(tmp_path: Path) -> Iterator[UnitDatabase]:
    opened = UnitDatabase(tmp_path / "unit.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def outbox(database: UnitDatabase) -> Outbox:
    return Outbox(database)


def sighting(number: int) -> SightingId:
    return SightingId(f"{number:032x}")


def envelope_of(sequence: int) -> bytes:
    return b"envelope %d" % sequence


def add(outbox: Outbox, number: int, seal: Callable[[int], bytes] = envelope_of) -> int:
    return outbox.add(IntakeRecord(sighting(number), "7Q2M-FX4K", 1000 + number), seal, now=2000 + number)


def receipt(sequence: int, number: int) -> Receipt:
    return Receipt(sighting(number), digest(envelope_of(sequence)), 5000)


def test_numbers_rise_by_one_over_sightings_and_health_alike(outbox: Outbox) -> None:
    assert [add(outbox, 1), outbox.take_sequence(0), add(outbox, 2)] == [1, 2, 3]
    assert outbox.pending(10) == [1, 3]


def test_number_is_not_given_again_after_its_row_is_gone(outbox: Outbox) -> None:
    outbox.confirm(receipt(add(outbox, 1), 1))
    assert add(outbox, 2) == 2


def test_sealing_that_fails_uses_no_number_and_keeps_nothing(outbox: Outbox) -> None:
    def fail(_: int) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add(outbox, 1, fail)
    assert outbox.counts() == Counts(0, 0)
    assert add(outbox, 1) == 1


def test_receipt_removes_its_envelope_and_no_other(outbox: Outbox) -> None:
    add(outbox, 1)
    add(outbox, 2)
    assert outbox.confirm(receipt(1, 1)) == 1
    assert outbox.pending(10) == [2]
    assert outbox.envelope(1) is None
    assert outbox.envelope(2) == envelope_of(2)
    assert outbox.counts() == Counts(pending=1, receipts=1)


def test_second_receipt_for_the_same_envelope_changes_nothing(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.confirm(receipt(1, 1))
    assert outbox.confirm(receipt(1, 1)) is None
    assert outbox.counts() == Counts(pending=0, receipts=1)


def test_receipt_for_other_bytes_or_another_sighting_removes_nothing(outbox: Outbox) -> None:
    add(outbox, 1)
    for wrong in (Receipt(sighting(1), digest(b"other bytes"), 5000), receipt(1, 2)):
        with pytest.raises(ReceiptMismatchError):
            outbox.confirm(wrong)
    assert outbox.envelope(1) == envelope_of(1)


def test_oldest_comes_first_whatever_was_confirmed_between(outbox: Outbox) -> None:
    for number in range(1, 6):
        add(outbox, number)
    outbox.confirm(receipt(3, 3))
    assert outbox.pending(3) == [1, 2, 4]


def test_time_is_kept_with_every_number_and_never_goes_back(outbox: Outbox) -> None:
    assert outbox.last_trusted() == 0
    add(outbox, 1)
    assert outbox.last_trusted() == 2001
    outbox.take_sequence(500)
    assert outbox.last_trusted() == 2001
    outbox.keep_time(9000)
    assert outbox.last_trusted() == 9000


def test_full_disk_keeps_what_was_there_and_uses_no_number(outbox: Outbox, database: UnitDatabase) -> None:
    add(outbox, 1)
    with database.reading() as tables:
        (pages,) = tables.execute("PRAGMA page_count").fetchone()
        tables.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(DatabaseUnavailableError):
        add(outbox, 2, lambda _: bytes(100_000))
    assert outbox.pending(10) == [1]
    assert outbox.take_sequence(0) == 2
