"""Codes of receipts, withdrawals and erasure records: mistyped, forged, altered, or telling more than they may."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import cbor
from protocol.consent_receipt import write_receipt
from protocol.erasure import MAX_RECORD, ErasureOrder, ErasureRecord, open_erasure, sign_erasure
from protocol.errors import BadSignatureError, FieldError, MalformedError, UnknownSenderError
from protocol.moment import Moment
from protocol.padding import pad
from protocol.staff import StaffId
from protocol.withdrawal import PADDED_BYTES, Withdrawal, WithdrawalCodeError, read_token, withdrawal_code
from tests.protocol.examples import ERASURE, RECORD, SIGHTING
from tests.protocol.identities import HUB, UNIT, find_sender
from tests.support.consents import TOKEN, receipt_of

CODE = withdrawal_code(TOKEN)
STAFF = StaffId("0123456789abcdef")
RECEIPT_ON_PAPER = receipt_of(RECORD, SIGHTING.consent)


@pytest.mark.parametrize(
    "typed", [CODE, CODE.lower(), CODE.replace("-", " "), f"  {CODE.removeprefix('MCAW')} ", CODE.replace("-", "")]
)
def test_code_that_is_typed_in_another_way_is_refused(typed: str) -> None:
    assert read_token(typed) == TOKEN


def test_letters_that_are_read_from_paper_as_digits_are_refused() -> None:
    token = bytes([0b01110_010, 0b00_00001_0, 0b1110_0100, 0b0_0001_011, *range(12)])
    code = withdrawal_code(token)
    assert read_token(code.replace("O", "0").replace("I", "1").replace("B", "8")) == token


@given(st.binary(min_size=16, max_size=16), st.integers(5, 43), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_slip_of_a_finger_withdraws_another_consent(token: bytes, place: int, letter: str) -> None:
    code = withdrawal_code(token)
    slipped = code[:place] + letter + code[place + 1 :]
    if code[place] == "-" or slipped == code:
        return
    with pytest.raises(WithdrawalCodeError):
        read_token(slipped)


@pytest.mark.parametrize(
    "typed", ["", "MCAW", CODE[:-1], CODE + "A", "MCA1:AAAA", "7Q2M-FX4K", "-" * 50, "é" * 32, "MCA1:É"]
)
def test_what_is_no_code_is_taken_for_one(typed: str) -> None:
    with pytest.raises(WithdrawalCodeError):
        read_token(typed)


def test_whole_receipt_does_not_withdraw() -> None:
    text = write_receipt(RECEIPT_ON_PAPER, UNIT.signing_key, bytes(70))
    assert read_token(text.lower()) == TOKEN
    assert read_token("\n".join(text[start : start + 40] for start in range(0, len(text), 40))) == TOKEN
    with pytest.raises(WithdrawalCodeError):
        read_token(text[:100] + ("A" if text[100] != "A" else "B") + text[101:])


def test_token_shows_where_the_message_or_code_is_printed_by_mistake() -> None:
    assert TOKEN.hex() not in repr(Withdrawal(b"", TOKEN))
    assert "token" not in repr(Withdrawal(b"", TOKEN))


def test_length_tells_whether_something_was_removed_or_who_asked() -> None:
    signed = sign_erasure(ERASURE, UNIT.signing_key)
    empty = sign_erasure(replace(ERASURE, removed={}, numbers=()), UNIT.signing_key)
    sent = (Withdrawal(signed, TOKEN, STAFF), Withdrawal(signed, TOKEN), Withdrawal(empty))
    assert {len(one.to_bytes()) for one in sent} == {PADDED_BYTES}


@given(
    st.binary(max_size=MAX_RECORD),
    st.none()
    | st.tuples(st.binary(min_size=16, max_size=16), st.none() | st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
)
def test_who_took_a_receipt_is_lost_or_another(record: bytes, taken: tuple[bytes, str | None] | None) -> None:
    token, staff = taken or (None, None)
    message = Withdrawal(record, token, None if staff is None else StaffId(staff))
    assert Withdrawal.from_bytes(message.to_bytes()) == message


def test_answer_to_an_order_names_somebody_who_did_not_give_it() -> None:
    with pytest.raises(FieldError, match="order"):
        Withdrawal(b"", staff=STAFF)
    value: cbor.Value = {"v": 1, "token": None, "staff": STAFF, "record": b""}
    with pytest.raises(FieldError, match="order"):
        Withdrawal.from_bytes(pad(cbor.encode(value), PADDED_BYTES))
    wrong: cbor.Value = {"v": 1, "token": TOKEN, "staff": "Amina Rahman", "record": b""}
    with pytest.raises(FieldError):
        Withdrawal.from_bytes(pad(cbor.encode(wrong), PADDED_BYTES))


def test_largest_record_does_not_fit() -> None:
    numbers = tuple(range(2**40, 2**40 + 64))
    removed = {f"{'thing' * 7} {chr(97 + number)}": 2**31 for number in range(12)}
    moment = Moment(2**45, 2**45, 2**45)
    largest = ErasureRecord(bytes(32), UNIT.name, moment, removed, numbers, kept=True)
    signed = sign_erasure(largest, UNIT.signing_key)
    assert len(Withdrawal(signed, TOKEN, STAFF).to_bytes()) == PADDED_BYTES
    assert open_erasure(signed, find_sender) == largest


def test_record_of_another_place_or_altered_is_believed() -> None:
    signed = sign_erasure(ERASURE, UNIT.signing_key)
    assert open_erasure(signed, find_sender) == ERASURE
    with pytest.raises(BadSignatureError):
        open_erasure(sign_erasure(ERASURE, HUB.signing_key), find_sender)
    with pytest.raises(UnknownSenderError):
        open_erasure(signed, lambda _name: None)
    with pytest.raises(UnknownSenderError):
        open_erasure(signed, lambda _name: HUB.public)
    altered = signed.replace(ERASURE.to_bytes(), replace(ERASURE, kept=True).to_bytes())
    with pytest.raises(BadSignatureError):
        open_erasure(altered, find_sender)
    with pytest.raises(MalformedError):
        open_erasure(cbor.encode(["mca-consent", ERASURE.to_bytes(), bytes(64)]), find_sender)


def test_record_names_a_person_or_counts_what_is_no_message() -> None:
    for removed in ({"Rahima Khatun": 1}, {"bd/c-7q2mfx4k": 1}, {"": 1}):
        with pytest.raises(FieldError):
            replace(ERASURE, removed=removed)
    for numbers in ((2, 1), (1, 1)):
        with pytest.raises(FieldError):
            replace(ERASURE, numbers=numbers)


def test_order_of_another_length_is_obeyed() -> None:
    order = ErasureOrder(bytes(32), every_basis=True)
    assert ErasureOrder.from_bytes(order.to_bytes()) == order
    with pytest.raises(FieldError):
        ErasureOrder.from_bytes(ErasureOrder(bytes(31)).to_bytes())
