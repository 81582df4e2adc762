"""The outbox: nothing enters by half, nothing leaves without a signed word, and what leaves is accounted for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credentials.keystore.file import FileKeyStore
from credentials.vault import Vault
from edge_agent.database import DatabaseUnavailableError, UnitDatabase
from edge_agent.sightings.outbox import Counts, IntakeRecord, Outbox, OutboxFullError, ReceiptMismatchError
from edge_agent.trusted_time import BUILT_AT, DAY
from protocol.envelope import digest
from protocol.ids import SightingId
from protocol.losses import MAX_LOST, Losses, LossReason, LostMessage
from protocol.moment import Moment
from protocol.receipt import Receipt, Verdict
from protocol.topics import UnitChannel

NOW = BUILT_AT + 10 * DAY
KEEP = 30 * DAY
CERTAIN = Moment(NOW, NOW - 50, NOW + 50)
UNSET = Moment(NOW, BUILT_AT, None)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[UnitDatabase]:
    opened = UnitDatabase(tmp_path / "unit.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(FileKeyStore(tmp_path / "vault.key"))


@pytest.fixture
def outbox(database: UnitDatabase, vault: Vault) -> Outbox:
    return Outbox(database, vault, limit=1_000_000)


def sighting(number: int) -> SightingId:
    return SightingId(f"{number:032x}")


def envelope_of(sequence: int) -> bytes:
    return b"envelope %d" % sequence


def add(
    outbox: Outbox,
    number: int,
    seal: Callable[[int], bytes] = envelope_of,
    *,
    captured: Moment = CERTAIN,
    urgent: bool = False,
) -> int:
    return outbox.add(IntakeRecord(sighting(number), "7Q2M-FX4K", captured, KEEP, urgent), seal)


def receipt(sequence: int, verdict: Verdict = Verdict.COMMITTED) -> Receipt:
    return Receipt(digest(envelope_of(sequence)), 5000, verdict)


def seal_losses(sequence: int, losses: Losses) -> bytes:
    return b"%d " % sequence + losses.to_bytes()


def test_durable_messages_are_numbered_without_a_gap_and_reports_count_for_themselves(outbox: Outbox) -> None:
    assert [add(outbox, 1), outbox.take_report_number(), add(outbox, 2), outbox.take_report_number()] == [1, 1, 2, 2]
    assert outbox.fill().last_sequence == 2


def test_number_is_not_given_again_after_its_row_is_gone(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.settle(receipt(1))
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
    settled = outbox.settle(receipt(1))
    assert settled is not None
    assert (settled.sequence, settled.verdict) == (1, Verdict.COMMITTED)
    assert (outbox.envelope(1), outbox.envelope(2)) == (None, envelope_of(2))
    assert outbox.counts() == Counts(pending=1, receipts=1)


def test_second_receipt_for_the_same_envelope_changes_nothing_whatever_it_says(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.settle(receipt(1))
    assert outbox.settle(receipt(1)) is None
    assert outbox.settle(receipt(1, Verdict.REFUSED)) is None
    assert outbox.counts() == Counts(pending=0, receipts=1)


def test_refused_message_does_not_fill_the_outbox_for_ever_and_is_counted(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.settle(receipt(1, Verdict.REFUSED))
    assert outbox.counts() == Counts(pending=0, receipts=0, refused=1)


def test_receipt_for_other_bytes_removes_nothing(outbox: Outbox) -> None:
    add(outbox, 1)
    with pytest.raises(ReceiptMismatchError):
        outbox.settle(Receipt(digest(b"other bytes"), 5000))
    assert outbox.envelope(1) == envelope_of(1)


def test_message_with_candidates_goes_before_older_ones_without(outbox: Outbox) -> None:
    for number in range(1, 7):
        add(outbox, number, urgent=number in {4, 6})
    assert outbox.pending(4) == [4, 6, 1, 2]
    outbox.settle(receipt(4))
    assert outbox.pending(10) == [6, 1, 2, 3, 5]


def test_row_of_an_urgent_message_looks_like_any_other(outbox: Outbox, database: UnitDatabase) -> None:
    add(outbox, 1, urgent=True)
    add(outbox, 2, urgent=False)
    with database.reading() as tables:
        shapes = {
            tuple(len(value) if isinstance(value, bytes) else value for value in row[1:])
            for row in tables.execute(
                "SELECT sequence, sealed_envelope, sealed_facts, keep, erase_after FROM outbox"
            ).fetchall()
        }
    assert len(shapes) == 1


def test_nothing_of_a_message_is_readable_in_the_file(outbox: Outbox, database: UnitDatabase, tmp_path: Path) -> None:
    add(outbox, 1)
    data = b"".join(path.read_bytes() for path in tmp_path.glob("unit.sqlite*"))
    assert sighting(1).encode() in data
    assert b"envelope 1" not in data
    assert b"7Q2M" not in data


def test_intake_is_refused_before_the_camera_when_there_is_no_room(database: UnitDatabase, vault: Vault) -> None:
    outbox = Outbox(database, vault, limit=300_000)
    outbox.require_room()
    for number in range(3):
        add(outbox, number, lambda sequence: envelope_of(sequence).ljust(80_000))
    assert outbox.fill().full
    with pytest.raises(OutboxFullError, match="No photograph was taken"):
        outbox.require_room()
    # What was begun in time is kept all the same.
    assert add(outbox, 9) == 4
    outbox.settle(Receipt(digest(envelope_of(1).ljust(80_000)), 5000))
    outbox.require_room()


def test_fill_tells_bytes_and_the_oldest_capture(outbox: Outbox) -> None:
    assert (outbox.fill().used, outbox.fill().oldest) == (0, 0)
    add(outbox, 1, captured=Moment(NOW - DAY, NOW - DAY, NOW))
    add(outbox, 2)
    fill = outbox.fill()
    assert (fill.oldest, fill.limit, fill.full) == (NOW - DAY, 1_000_000, False)
    assert fill.used >= len(envelope_of(1)) * 2


def test_message_past_its_retention_is_erased_and_a_loss_record_takes_its_place(outbox: Outbox) -> None:
    add(outbox, 1)
    add(outbox, 2, captured=Moment(NOW + DAY, NOW + DAY, NOW + DAY))
    end = CERTAIN.at + 50 + KEEP
    assert outbox.erase_expired(end, seal_losses) == 0
    assert outbox.erase_expired(end + 1, seal_losses) == 1
    assert outbox.pending(10) == [2, 3]
    lost = LostMessage(1, sighting(1), "7Q2M-FX4K", CERTAIN, LossReason.RETENTION)
    record = outbox.envelope(3)
    assert record == seal_losses(3, Losses((lost,)))
    assert (outbox.channel(3), outbox.channel(2)) == (UnitChannel.LOSSES, UnitChannel.SIGHTINGS)
    assert outbox.counts() == Counts(pending=2, receipts=0, erased=1)
    assert outbox.erase_expired(end + 1, seal_losses) == 0


def test_loss_record_stays_until_its_own_receipt_and_is_never_erased(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.erase_expired(NOW + 100 * DAY, seal_losses)
    assert outbox.erase_expired(NOW + 10_000 * DAY, seal_losses) == 0
    envelope = outbox.envelope(2)
    assert envelope is not None
    settled = outbox.settle(Receipt(digest(envelope), 5000))
    assert settled is not None
    assert outbox.settle(Receipt(digest(envelope), 5000)) is None
    assert outbox.counts() == Counts(pending=0, receipts=0, erased=1)


def test_late_receipt_for_an_erased_message_changes_nothing(outbox: Outbox) -> None:
    add(outbox, 1)
    outbox.erase_expired(NOW + 100 * DAY, seal_losses)
    assert outbox.settle(receipt(1)) is None
    assert outbox.counts().erased == 1


def test_many_lost_messages_need_several_records(outbox: Outbox) -> None:
    for number in range(1, MAX_LOST + 3):
        add(outbox, number)
    assert [outbox.erase_expired(NOW + 100 * DAY, seal_losses) for _ in range(3)] == [MAX_LOST, 2, 0]


def test_intake_captured_while_the_clock_was_unset_keeps_its_whole_time_from_when_it_is_dated(outbox: Outbox) -> None:
    add(outbox, 1, captured=UNSET)
    # The floor may jump by years when the unit learns the time: that is no age of the intake.
    assert outbox.erase_expired(NOW + 1000 * DAY, seal_losses) == 0
    outbox.date(Moment(NOW + 1000 * DAY, NOW + 1000 * DAY, NOW + 1000 * DAY))
    assert outbox.erase_expired(NOW + 1000 * DAY + KEEP, seal_losses) == 0
    assert outbox.erase_expired(NOW + 1000 * DAY + KEEP + 1, seal_losses) == 1


def test_dating_by_a_clock_that_is_unset_dates_nothing(outbox: Outbox) -> None:
    add(outbox, 1, captured=UNSET)
    outbox.date(UNSET)
    assert outbox.erase_expired(NOW + 1000 * DAY, seal_losses) == 0


def test_unit_with_new_storage_gives_no_number_that_the_hub_knows(outbox: Outbox) -> None:
    outbox.continue_from(42)
    assert add(outbox, 1) == 42
    outbox.continue_from(7)
    assert add(outbox, 2) == 43


def test_full_disk_keeps_what_was_there_and_uses_no_number(outbox: Outbox, database: UnitDatabase) -> None:
    add(outbox, 1)
    with database.reading() as tables:
        (pages,) = tables.execute("PRAGMA page_count").fetchone()
        tables.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(DatabaseUnavailableError):
        add(outbox, 2, lambda _: bytes(100_000))
    assert outbox.pending(10) == [1]
    assert outbox.fill().last_sequence == 1
