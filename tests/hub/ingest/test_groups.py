"""Messages that are committed together: none harms another, and a group costs as few statements as one message."""

import pytest

from hub.audit.service import AuditAction, entries
from hub.ingest.service import Message
from protocol.envelope import digest
from protocol.receipt import Verdict
from protocol.sighting import Face
from protocol.topics import UnitChannel, unit_topic
from tests.hub.ingest.intake import TOPIC, Intake
from tests.support.databases import counted_statements
from tests.support.hub_site import OTHER_UNIT, UNIT


def test_bad_messages_in_a_group_spoil_no_other(intake: Intake) -> None:
    first, last = intake.unit.envelope(intake.match().to_bytes()), intake.unit.envelope(intake.match().to_bytes())
    replayed = intake.unit.envelope(intake.match().to_bytes(), sequence=1)
    unsound = intake.unit.envelope(intake.match(face=Face(b"no picture", b"no picture")).to_bytes())
    intake.receive_together(first, b"rubbish", replayed, unsound, last)
    receipts = {receipt.envelope_digest: receipt.verdict for receipt in intake.receipts()}
    assert [receipts[digest(good)] for good in (first, last)] == [Verdict.COMMITTED, Verdict.COMMITTED]
    assert [receipts[digest(bad)] for bad in (replayed, unsound)] == [Verdict.REFUSED, Verdict.REFUSED]
    assert (intake.count("sightings"), intake.count("reviews"), intake.count("sighting_faces")) == (2, 2, 2)
    assert len(intake.rejections()) == 3


def test_duplicate_within_a_group_is_kept_once_and_receipted_as_often_as_it_came(intake: Intake) -> None:
    envelope = intake.unit.envelope(intake.match().to_bytes())
    intake.receive_together(envelope, envelope)
    first, second = intake.receipts()
    assert first == second
    assert (intake.count("sightings"), intake.count("reviews"), intake.rejections()) == (1, 1, [])


def test_receipts_of_a_group_go_when_all_of_it_is_committed(intake: Intake) -> None:
    committed_when_sent: list[int] = []
    plain = intake.publish

    def look_and_publish(topic: str, payload: bytes) -> None:
        committed_when_sent.append(intake.count("sightings"))
        plain(topic, payload)

    intake.publish = look_and_publish  # type: ignore[method-assign]
    intake.__post_init__()
    intake.receive_together(*(intake.unit.envelope(intake.unit.sighting().to_bytes()) for _ in range(3)))
    assert committed_when_sent == [3, 3, 3]


def test_sighting_that_comes_twice_in_a_group_under_two_numbers_is_kept_once(intake: Intake) -> None:
    twice = intake.match()
    good = [intake.unit.envelope(intake.match().to_bytes()) for _ in range(5)]
    first, again = intake.unit.envelope(twice.to_bytes()), intake.unit.envelope(twice.to_bytes())
    intake.receive_together(*good[:2], first, *good[2:4], again, good[4])
    assert {receipt.envelope_digest for receipt in intake.receipts()} == {
        *map(digest, good),
        *map(digest, (first, again)),
    }
    assert intake.verdicts().count(Verdict.REFUSED) == 1
    assert (intake.count("sightings"), intake.count("reviews")) == (6, 6)
    assert intake.rejections() == [(UNIT, "ReplayedError")]


def test_trail_of_a_group_that_was_split_is_whole(intake: Intake) -> None:
    good = [intake.unit.envelope(intake.unit.sighting().to_bytes()) for _ in range(20)]
    replayed = intake.unit.envelope(intake.match().to_bytes(), sequence=3)
    intake.receive_together(*good, replayed)
    intake.hub.audit.sign_head()
    with intake.hub.database.read() as connection:
        assert intake.hub.audit.verify(connection).findings == ()
        kept = [
            entry.subject for entry in entries(connection) if entry.action is AuditAction.SIGHTING_WITHOUT_CANDIDATES
        ]
    assert len(kept) == len(set(kept)) == intake.count("sightings") == 20


def test_unit_withdrawn_while_its_messages_are_opened_is_not_heard(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = intake.site.unit(OTHER_UNIT)
    sighting = other.sighting()
    opener = intake.room._opener
    plain = opener.open_all

    def open_and_withdraw(messages: list[Message]) -> object:
        opened = plain(messages)
        intake.site.withdraw_unit(UNIT)
        intake.hub.fleet.refresh()
        return opened

    monkeypatch.setattr(opener, "open_all", open_and_withdraw)
    topic = unit_topic(OTHER_UNIT, UnitChannel.SIGHTINGS)
    mine = Message(TOPIC, intake.unit.envelope(intake.match().to_bytes()))
    intake.room.receive_all([mine, Message(topic, other.envelope(sighting.to_bytes()))])
    assert intake.rejections() == [(UNIT, "UnknownUnitError")]
    assert [topic for topic, _ in intake.sent] == [unit_topic(OTHER_UNIT, UnitChannel.RECEIPTS)]
    assert intake.count("sightings") == 1


def test_larger_group_needs_no_more_statements(intake: Intake) -> None:
    def statements(messages: int) -> int:
        envelopes = [intake.unit.envelope(intake.unit.sighting().to_bytes()) for _ in range(messages)]
        with counted_statements() as count:
            intake.receive_together(*envelopes)
        return len(count)

    alone, together = statements(1), statements(40)
    # Of the audit tree's nodes more are read and written; each is the root of twice as many entries.
    assert together <= alone + 8
    assert len(intake.receipts()) == 41
