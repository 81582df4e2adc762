"""Everything that a hostile broker, a stolen unit or a broken link can do to an envelope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import cbor
from protocol.envelope import MAX_ENVELOPE, Header, MessageType, Opened, open_envelope, seal
from protocol.errors import (
    BadSignatureError,
    FieldError,
    MalformedError,
    OversizedError,
    TrailingBytesError,
    UnknownSenderError,
    UnknownVersionError,
    UnsealError,
    WrongRecipientError,
)
from protocol.keys import PrivateIdentity
from tests.protocol.examples import NOW
from tests.protocol.identities import HUB, STRANGER, UNIT, find_sender

PAYLOAD = b"what only the hub may read"


def sealed(
    payload: bytes = PAYLOAD,
    *,
    sender: PrivateIdentity = UNIT,
    recipient: PrivateIdentity = HUB,
    kind: MessageType = MessageType.SIGHTING,
) -> bytes:
    return seal(
        payload,
        message_type=kind,
        sender=sender,
        recipient=recipient.public,
        sequence=4,
        now=NOW,
    )


def opened(data: bytes, *, recipient: PrivateIdentity = HUB, expected: MessageType = MessageType.SIGHTING) -> Opened:
    return open_envelope(data, recipient=recipient, find_sender=find_sender, expected=expected)


ENVELOPE = sealed()


def test_envelope_opens_for_its_recipient_with_all_that_its_sender_said() -> None:
    message = opened(ENVELOPE)
    assert message.payload == PAYLOAD
    assert message.header == Header(
        MessageType.SIGHTING, UNIT.name, UNIT.public.verify_key.key_id, HUB.public.seal_key.key_id, 4, NOW
    )


def test_payload_is_nowhere_in_the_bytes_that_the_broker_sees() -> None:
    assert PAYLOAD not in ENVELOPE
    assert sealed() != ENVELOPE


@given(position=st.integers(0, len(ENVELOPE) - 1), bit=st.integers(0, 7))
def test_bit_flip_anywhere_is_refused(position: int, bit: int) -> None:
    flipped = bytearray(ENVELOPE)
    flipped[position] ^= 1 << bit
    with pytest.raises((MalformedError, UnknownVersionError, UnknownSenderError, BadSignatureError)):
        opened(bytes(flipped))


@given(cut=st.integers(0, len(ENVELOPE) - 1))
def test_truncation_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(MalformedError):
        opened(ENVELOPE[:cut])


@given(tail=st.binary(min_size=1, max_size=50))
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    with pytest.raises(TrailingBytesError):
        opened(ENVELOPE + tail)


def test_wrong_recipient_is_refused() -> None:
    with pytest.raises(WrongRecipientError):
        opened(sealed(recipient=STRANGER))


def test_sender_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownSenderError):
        opened(sealed(sender=STRANGER))


def test_unit_that_signs_in_another_units_name_is_refused() -> None:
    impostor = PrivateIdentity(UNIT.name, STRANGER.signing_key, STRANGER.opening_key)
    with pytest.raises(BadSignatureError):
        opened(sealed(sender=impostor))


def test_header_that_names_the_right_key_under_another_signature_is_refused() -> None:
    signed, _ = _parts(ENVELOPE)
    forged = cbor.encode(["mca", signed, STRANGER.signing_key.sign(b"mca/envelope/1\0" + signed)])
    with pytest.raises(BadSignatureError):
        opened(forged)


def test_signature_of_another_protocol_over_the_same_bytes_is_refused() -> None:
    signed, _ = _parts(ENVELOPE)
    with pytest.raises(BadSignatureError):
        opened(cbor.encode(["mca", signed, UNIT.signing_key.sign(signed)]))


def test_sealed_part_moved_under_another_address_does_not_open() -> None:
    _, stolen = _signed_parts(ENVELOPE)
    address, _ = _signed_parts(sealed(kind=MessageType.LOSS))
    signed = cbor.encode([address, stolen])
    with pytest.raises(UnsealError):
        opened(
            cbor.encode(["mca", signed, UNIT.signing_key.sign(b"mca/envelope/1\0" + signed)]), expected=MessageType.LOSS
        )


def test_broker_cannot_tell_which_of_two_messages_was_made_first() -> None:
    def addressed(sequence: int) -> bytes:
        data = seal(
            PAYLOAD,
            message_type=MessageType.SIGHTING,
            sender=UNIT,
            recipient=HUB.public,
            sequence=sequence,
            now=NOW + sequence,
        )
        return _signed_parts(data)[0] + bytes([len(data) % 256])

    assert addressed(4) == addressed(1_000_000)


@pytest.mark.parametrize("number", [b"", bytes(15), (2**53 + 1).to_bytes(8) + bytes(8), bytes(8) + b"\xff" * 8])
def test_sealed_part_without_a_number_in_range_is_refused(number: bytes) -> None:
    address, _ = _signed_parts(ENVELOPE)
    signed = cbor.encode([address, HUB.public.seal_key.seal(number, b"mca/envelope/1\0" + address)])
    with pytest.raises(MalformedError):
        opened(cbor.encode(["mca", signed, UNIT.signing_key.sign(b"mca/envelope/1\0" + signed)]))


def test_message_of_another_type_is_refused_where_it_does_not_belong() -> None:
    with pytest.raises(FieldError, match="sighting"):
        opened(ENVELOPE, expected=MessageType.HEALTH)


@pytest.mark.parametrize(("field", "value"), [("v", 2), ("type", "prophecy")])
def test_unknown_version_or_type_is_refused(field: str, value: cbor.Value) -> None:
    header, stolen = _signed_parts(ENVELOPE)
    fields = cbor.decode(header, limit=1024)
    assert isinstance(fields, dict)
    signed = cbor.encode([cbor.encode(fields | {field: value}), stolen])
    with pytest.raises(UnknownVersionError):
        opened(cbor.encode(["mca", signed, UNIT.signing_key.sign(b"mca/envelope/1\0" + signed)]))


def test_oversized_envelope_is_refused_before_it_is_read() -> None:
    with pytest.raises(OversizedError):
        opened(bytes(MAX_ENVELOPE + 1))


@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_as_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        opened(data)


@given(payload=st.binary(max_size=2000))
def test_any_payload_comes_out_as_it_went_in(payload: bytes) -> None:
    assert opened(sealed(payload)).payload == payload


def test_private_keys_are_not_shown_by_repr() -> None:
    shown = repr(UNIT) + repr(UNIT.signing_key) + repr(UNIT.opening_key)
    assert UNIT.signing_key.secret_bytes().hex() not in shown
    assert str(UNIT.signing_key.secret_bytes()) not in shown
    assert str(UNIT.opening_key.secret_bytes()) not in shown


def _parts(data: bytes) -> tuple[bytes, bytes]:
    match cbor.decode(data, limit=MAX_ENVELOPE):
        case [_, bytes() as signed, bytes() as signature]:
            return signed, signature
    raise AssertionError(data)


def _signed_parts(data: bytes) -> tuple[bytes, bytes]:
    match cbor.decode(_parts(data)[0], limit=MAX_ENVELOPE):
        case [bytes() as header, bytes() as sealed_part]:
            return header, sealed_part
    raise AssertionError(data)
