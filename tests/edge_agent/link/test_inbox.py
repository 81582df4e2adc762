"""What the unit believes, and what it does about it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credentials.keystore.file import FileKeyStore
from credentials.vault import Vault
from edge_agent.database import UnitDatabase
from edge_agent.link.inbox import Inbox
from edge_agent.link.notices import NoticeStore
from edge_agent.link.timekeeper import Timekeeper
from edge_agent.sightings.outbox import Counts, IntakeRecord, Outbox, ReceiptMismatchError
from edge_agent.staff.store import StaffStore
from edge_agent.time_store import TimeStore
from edge_agent.trusted_time import BUILT_AT, DAY, KnownTime, TrustedClock, machine_uptime
from faults import RejectedError
from protocol.envelope import MessageType, digest, seal
from protocol.errors import BadSignatureError, FieldError, ReplayedError, UnknownSenderError, WrongRecipientError
from protocol.ids import SightingId, SiteId
from protocol.keys import OpeningKey, PrivateIdentity, SigningKey
from protocol.moment import Moment
from protocol.notice import Notice, NoticeKind
from protocol.receipt import Receipt, Verdict
from protocol.signed_time import SignedTime
from tests.support.withdrawing import withdrawing_of


def identity(name: str) -> PrivateIdentity:
    return PrivateIdentity(name, SigningKey(secrets.token_bytes(32)), OpeningKey(secrets.token_bytes(96)))


SITE = SiteId("bd/benapole")
HUB, UNIT, OTHER = identity("bd"), identity("bd/benapole-1"), identity("bd/petrapole-1")
SIGHTING = SightingId("ab" * 16)
MOMENT = Moment(BUILT_AT, BUILT_AT, None)
SIGNED_AT = BUILT_AT + 7 * DAY
SENT = b"the envelope as it was sent"


@dataclass
class Bench:
    database: UnitDatabase
    outbox: Outbox
    inbox: Inbox

    vault: Vault
    clock: TrustedClock
    timekeeper: Timekeeper

    def notices(self) -> list[bytes]:
        with self.database.reading() as tables:
            rows = list(tables.table("notices").rows)
        return [self.vault.decrypt(row["sealed"], f"notice {row['digest'].hex()}") for row in rows]


def bench_of(database: UnitDatabase, vault: Vault) -> Bench:
    outbox = Outbox(database, vault, limit=10**9)
    clock = TrustedClock(lambda: 0, machine_uptime, KnownTime.nothing())
    timekeeper = Timekeeper(clock, TimeStore(database), outbox, secrets.token_bytes)
    inbox = Inbox(
        identity=UNIT,
        hub=HUB.public,
        outbox=outbox,
        notices=NoticeStore(database, vault, DAY),
        staff=StaffStore(database, vault, SITE),
        withdrawing=withdrawing_of(database, vault, outbox, clock, identity=UNIT, hub=HUB.public),
        timekeeper=timekeeper,
    )
    return Bench(database, outbox, inbox, vault, clock, timekeeper)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = UnitDatabase(tmp_path / "unit.sqlite")
    made = bench_of(database, Vault.create(FileKeyStore(tmp_path / "vault.key")))
    made.outbox.add(IntakeRecord(SIGHTING, "7Q2M-FX4K", MOMENT, DAY, urgent=True), lambda _: SENT)
    yield made
    database.close()


def sealed(
    payload: bytes,
    kind: MessageType,
    *,
    sender: PrivateIdentity = HUB,
    recipient: PrivateIdentity = UNIT,
) -> bytes:
    return seal(payload, message_type=kind, sender=sender, recipient=recipient.public, sequence=1, now=SIGNED_AT)


def receipt(*, sent: bytes = SENT, verdict: Verdict = Verdict.COMMITTED) -> bytes:
    return Receipt(digest(sent), 5, verdict).to_bytes()


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
        (sealed(receipt(verdict=Verdict.REFUSED), MessageType.RECEIPT, sender=OTHER), UnknownSenderError),
        (sealed(receipt(verdict=Verdict.REFUSED), MessageType.RECEIPT, sender=identity("bd")), BadSignatureError),
        (sealed(receipt(verdict=Verdict.REFUSED), MessageType.RECEIPT, recipient=OTHER), WrongRecipientError),
    ],
    ids=[
        "of-a-unit",
        "of-a-false-hub",
        "for-another-unit",
        "of-another-type",
        "for-other-bytes",
        "refusal-of-a-unit",
        "refusal-of-a-false-hub",
        "refusal-for-another-unit",
    ],
)
def test_forged_receipt_removes_nothing(bench: Bench, envelope: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        bench.inbox.take_receipt(envelope)
    assert bench.outbox.envelope(1) == SENT


def test_refusal_by_the_hub_empties_the_outbox_and_the_log_does_not_say_why(bench: Bench) -> None:
    with structlog.testing.capture_logs() as logs:
        bench.inbox.take_receipt(sealed(receipt(verdict=Verdict.REFUSED), MessageType.RECEIPT))
    assert bench.outbox.counts() == Counts(pending=0, receipts=0, refused=1)
    assert logs == [{"event": "message.refused_for_good", "sequence": 1, "log_level": "error"}]


def test_every_word_of_the_hub_says_that_it_is_no_earlier(bench: Bench) -> None:
    bench.inbox.take_receipt(sealed(receipt(), MessageType.RECEIPT))
    assert bench.clock.moment().earliest >= SIGNED_AT
    assert bench.clock.moment().latest is None


def answer(challenge: bytes, at: int = SIGNED_AT, following: int = 1, sender: PrivateIdentity = HUB) -> bytes:
    return sealed(SignedTime(challenge, at, following).to_bytes(), MessageType.TIME, sender=sender)


def asked(bench: Bench) -> bytes:
    challenge = bench.timekeeper.challenge()
    assert challenge is not None
    return challenge


def test_answer_of_the_hub_sets_the_clock_and_survives_a_restart(bench: Bench) -> None:
    bench.inbox.take_time(answer(asked(bench), following=12))
    now = bench.clock.moment()
    assert now.latest is not None
    assert now.earliest <= SIGNED_AT + 60_000
    assert TimeStore(bench.database).read().error is not None
    assert bench.outbox.fill().last_sequence == 11


def test_replayed_answer_cannot_be_taken_for_now(bench: Bench) -> None:
    old = answer(asked(bench), at=SIGNED_AT)
    bench.inbox.take_time(old)
    bench.timekeeper.ask_anew()
    new = answer(asked(bench), at=SIGNED_AT + DAY)
    with pytest.raises(ReplayedError):
        bench.inbox.take_time(old)
    # The replay has not used up the question.
    bench.inbox.take_time(new)
    assert bench.clock.now() >= SIGNED_AT + DAY


def test_forged_time_moves_nothing(bench: Bench) -> None:
    challenge = asked(bench)
    for wrong, error in (
        (answer(challenge, sender=OTHER), UnknownSenderError),
        (answer(challenge, sender=identity("bd")), BadSignatureError),
        (answer(bytes(16)), ReplayedError),
    ):
        with pytest.raises(error):
            bench.inbox.take_time(wrong)
    assert bench.clock.moment().latest is None


def test_unit_asks_again_only_when_it_has_to(bench: Bench) -> None:
    challenge = asked(bench)
    assert bench.timekeeper.challenge() is None
    bench.inbox.take_time(answer(challenge))
    assert bench.timekeeper.challenge() is None
    bench.timekeeper.ask_anew()
    assert asked(bench) != challenge


def test_notice_is_kept_as_received_once_and_without_a_word(bench: Bench) -> None:
    envelope = sealed(NOTICE, MessageType.NOTICE)
    with structlog.testing.capture_logs() as logs:
        bench.inbox.take_notice(envelope)
        bench.inbox.take_notice(envelope)
    assert logs == []
    assert bench.notices() == [NOTICE]


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.one_of(st.binary(max_size=200), st.integers(0, len(VALID) * 8 - 1)))
def test_bytes_that_the_hub_did_not_sign_are_rejected_whatever_they_are(bench: Bench, damage: bytes | int) -> None:
    data = bytearray(VALID)
    if isinstance(damage, int):
        data[damage // 8] ^= 1 << damage % 8
    else:
        data = bytearray(damage)
    for take in (bench.inbox.take_receipt, bench.inbox.take_notice, bench.inbox.take_time):
        with pytest.raises(RejectedError):
            take(bytes(data))
    assert bench.outbox.envelope(1) == SENT
