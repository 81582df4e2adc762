"""A segment opens with its key at its path, and not otherwise."""

import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from protocol import cbor, segment
from protocol.columns import entry_columns
from protocol.errors import (
    BadKeyError,
    FieldError,
    InvalidIdError,
    MalformedError,
    OversizedError,
    TrailingBytesError,
    UnknownVersionError,
    UnsealError,
)
from protocol.ids import SliceName
from protocol.padding import pad_to_multiple
from protocol.segment import EpochKey, decrypt_segment, encrypt_segment, segment_epoch
from protocol.targets import parse_segment_path, segment_path
from tests.protocol.examples import ENTRY, EPOCH_KEY, SEGMENT, SLICE, noise

PATH = segment_path(SLICE, 5)
NONCE = noise("nonce", 12)
DATA = encrypt_segment(SEGMENT, key=EPOCH_KEY, path=PATH, nonce=NONCE)


def test_segment_opens_with_its_key_at_its_path() -> None:
    assert decrypt_segment(DATA, key=EPOCH_KEY, path=PATH) == SEGMENT
    assert segment_epoch(DATA) == 3


def test_stolen_card_shows_neither_template_nor_case() -> None:
    assert SEGMENT.upserts.templates[0].vectors not in DATA
    assert ENTRY.case.encode() not in DATA


@given(position=st.integers(0, len(DATA) - 1), bit=st.integers(0, 7))
def test_bit_flip_anywhere_is_refused(position: int, bit: int) -> None:
    flipped = bytearray(DATA)
    flipped[position] ^= 1 << bit
    with pytest.raises((MalformedError, UnknownVersionError, UnsealError)):
        decrypt_segment(bytes(flipped), key=EPOCH_KEY, path=PATH)


def test_segment_served_at_another_path_does_not_open() -> None:
    with pytest.raises(UnsealError):
        decrypt_segment(DATA, key=EPOCH_KEY, path=segment_path(SLICE, 6))


def test_key_of_another_epoch_does_not_open_it() -> None:
    with pytest.raises(UnsealError):
        decrypt_segment(DATA, key=EpochKey(SLICE, 4, EPOCH_KEY.key), path=PATH)
    with pytest.raises(UnsealError):
        decrypt_segment(DATA, key=EpochKey(SLICE, 3, noise("another", 32)), path=PATH)


def test_segment_of_another_slice_under_the_same_key_is_refused() -> None:
    with pytest.raises(FieldError, match="another slice"):
        decrypt_segment(DATA, key=EpochKey(SliceName("bd/other"), 3, EPOCH_KEY.key), path=PATH)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(TrailingBytesError):
        decrypt_segment(DATA + b"\0", key=EPOCH_KEY, path=PATH)


def test_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_PLAINTEXT", 1 << 20)
    with pytest.raises(OversizedError):
        decrypt_segment(_encrypted(zlib.compress(bytes(1 << 21))), key=EPOCH_KEY, path=PATH)


@pytest.mark.parametrize("inside", [b"", b"not zlib", zlib.compress(b"\xa0")[:-2], zlib.compress(b"\xa0") + b"more"])
def test_damaged_compression_is_refused(inside: bytes) -> None:
    with pytest.raises(MalformedError):
        decrypt_segment(_encrypted(inside), key=EPOCH_KEY, path=PATH)


def test_number_of_few_entries_does_not_show_in_the_size() -> None:
    empty = segment.Segment(SLICE, 5, snapshot=False, upserts=entry_columns([], []), removals=())
    assert len(encrypt_segment(empty, key=EPOCH_KEY, path=PATH, nonce=NONCE)) == len(DATA)


def test_case_that_is_both_added_and_forgotten_is_refused() -> None:
    with pytest.raises(FieldError, match="once"):
        segment.Segment(SLICE, 5, snapshot=False, upserts=SEGMENT.upserts, removals=(ENTRY.case,))
    with pytest.raises(FieldError, match="once"):
        entry_columns([ENTRY, ENTRY], [7, 7])


def test_epoch_key_of_the_wrong_length_is_refused_and_never_shown() -> None:
    with pytest.raises(BadKeyError):
        EpochKey(SLICE, 1, b"short")
    assert EPOCH_KEY.key.hex() not in repr(EPOCH_KEY)
    assert str(EPOCH_KEY.key) not in repr(EPOCH_KEY)


def test_path_of_a_segment_is_parsed_as_it_was_built() -> None:
    assert parse_segment_path(segment_path(SLICE, 12)) == (SLICE, 12)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "slices/bd/missing/0.segment",
        "slices/bd/missing/1.segment/x",
        "slices/bd/1.segment",
        "slices/bd/../1.segment",
        "slices/BD/missing/1.segment",
        "keyrings/bd/x.keyring",
    ],
)
def test_path_that_is_no_segments_is_refused(path: str) -> None:
    with pytest.raises((FieldError, InvalidIdError)):
        parse_segment_path(path)


def _encrypted(compressed: bytes) -> bytes:
    plaintext = pad_to_multiple(compressed, 8192)
    ciphertext = AESGCM(EPOCH_KEY.key).encrypt(NONCE, plaintext, b"mca/segment/1\0" + PATH.encode())
    return cbor.encode(["mca-segment", 1, 3, NONCE, ciphertext])
