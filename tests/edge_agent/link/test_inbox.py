"""What the unit believes, and what it does about it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.database import UnitDatabase
from edge_agent.link.inbox import Inbox
from edge_agent.link.notices import NoticeStore
from edge_agent.sightings.outbox import Counts, IntakeRecord, Outbox, ReceiptMismatchError
from faults import RejectedError
from protocol.envelope import MessageType, digest, seal
from protocol.errors import BadSignatureError, FieldError, UnknownSenderError, WrongRecipientError
from protocol.ids import SightingId
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey
from protocol.notice import Notice, NoticeKind
from protocol.receipt import Receipt


def identity(name: str) -> PrivateIdentity:
    return PrivateIdentity(name, SigningKey(secrets.token_bytes(32)), OpeningKey(secrets.token_bytes(96)))


HUB, UNIT, OTHER = identity("bd"), identity("bd/benapole-1"), identity("bd/petrapole-1")
SIGHTING = SightingId("ab" * 16)
SENT = b"the envelope as it was sent"


@dataclass
class Bench:
    database: UnitDatabase
    outbox: Outbox
    inbox: Inbox

    def notices(self) -> list[bytes]:
        with self.database.reading() as tables:
            return [row["envelope"] for row in tables.table("notices").rows]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = UnitDatabase(tmp_path / "unit.sqlite")
    outbox = Outbox(database)
    outbox.add(IntakeRecord(SIGHTING, "7Q2M-FX4K", 1), lambda _: SENT, now=1)
    inbox = Inbox(identity=UNIT, hub=HUB.public, outbox=outbox, notices=NoticeStore(database), now=lambda: 9)
    yield Bench(database, outbox, inbox)
    database.close()


def sealed(
    payload: bytes,
    kind: MessageType,
    *,
    sender: PrivateIdentity = HUB,
    recipient: PrivateIdentity = UNIT,
) -> bytes:
    return seal(payload, message_type=kind, sender=sender, recipient=recipient.public, sequence=1, now=1)


def receipt(*, sent: bytes = SENT, sighting: SightingId = SIGHTING) -> bytes:
    return Receipt(sighting, digest(sent), 5).to_bytes()


NOTICE = Notice(SIGHTING, "7Q2M-FX4K", NoticeKind.CALL_DESK, 5).to_bytes()


def test_receipt_of_the_hub_empties_the_outbox_and_a_second_is_harmless(bench: Bench) -> None:
    for _ in range(2):
        bench.inbox.take_receipt(sealed(receipt(), MessageType.RECEIPT))
        assert bench.outbox.counts() == Counts(pending=0, receipts=1)


@pytest.mark.parametrize(
    ("envelope", "error"),
    [
        (sealed(receipt(), MessageType.RECEIPT, sender=OTHER), UnknownSenderError),
        (sealed(receipt(), MessageType.RECEIPT, sender=identity("bd")), BadSignatureError),
        (sealed(receipt(), MessageType.RECEIPT, recipient=OTHER), WrongRecipientError),
        (sealed(receipt(), MessageType.NOTICE), FieldError),
        (sealed(receipt(sent=b"other bytes"), MessageType.RECEIPT), ReceiptMismatchError),
        (sealed(receipt(sighting=SightingId("cd" * 16)), MessageType.RECEIPT), ReceiptMismatchError),
    ],
    ids=[
        "of-a-unit",
        "of-a-false-hub",
        "for-another-unit",
        "of-another-type",
        "for-other-bytes",
        "of-another-sighting",
    ],
)
def test_forged_receipt_removes_nothing(bench: Bench, envelope: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        bench.inbox.take_receipt(envelope)
    assert bench.outbox.envelope(1) == SENT


def test_notice_is_kept_as_received_once_and_without_a_word(bench: Bench) -> None:
    envelope = sealed(NOTICE, MessageType.NOTICE)
    with structlog.testing.capture_logs() as logs:
        bench.inbox.take_notice(envelope)
        bench.inbox.take_notice(envelope)
    assert logs == []
    assert bench.notices() == [envelope]


def test_forged_notice_is_not_kept(bench: Bench) -> None:
    for wrong in (
        sealed(NOTICE, MessageType.NOTICE, sender=OTHER),
        sealed(NOTICE, MessageType.RECEIPT),
        sealed(b"\xa0", MessageType.NOTICE),
    ):
        with pytest.raises(RejectedError):
            bench.inbox.take_notice(wrong)
    assert bench.notices() == []


VALID = sealed(receipt(), MessageType.RECEIPT)


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(VALID) * 8 - 1)))
def test_bytes_that_the_hub_did_not_sign_are_rejected_whatever_they_are(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes | int
) -> None:
    data = bytearray(VALID)
    if isinstance(damage, int):
        data[damage // 8] ^= 1 << damage % 8
    else:
        data = bytearray(damage)
    database = UnitDatabase(tmp_path_factory.mktemp("inbox") / "unit.sqlite")
    inbox = Inbox(identity=UNIT, hub=HUB.public, outbox=Outbox(database), notices=NoticeStore(database), now=lambda: 9)
    with pytest.raises(RejectedError):
        inbox.take_receipt(bytes(data))
    database.close()
