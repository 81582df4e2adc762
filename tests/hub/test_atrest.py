"""Encryption of columns: only this key, and only in the row it was made for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.private_files import PrivateFileError, write_private, write_public
from hub.atrest import Vault, VaultError, load_vault

VAULT = Vault(bytes(range(32)))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_encrypted_for_a_row_opens_there(data: bytes, place: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(data, place), place) == data


def test_ciphertext_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(VaultError, match="Stored data of case_photos does not open"):
        VAULT.decrypt(VAULT.encrypt(b"face", "case_photos/portrait/1"), "case_photos/portrait/2")


@given(st.integers(0, 31), st.integers(0, 7))
def test_flipped_bit_does_not_open(byte: int, bit: int) -> None:
    sealed = bytearray(VAULT.encrypt(b"face", "place"))
    sealed[byte] ^= 1 << bit
    with pytest.raises(VaultError):
        VAULT.decrypt(bytes(sealed), "place")


def test_truncated_ciphertext_does_not_open() -> None:
    for length in range(28):
        with pytest.raises(VaultError):
            VAULT.decrypt(VAULT.encrypt(b"", "place")[:length], "place")


def test_another_key_does_not_open() -> None:
    with pytest.raises(VaultError):
        Vault(bytes(32)).decrypt(VAULT.encrypt(b"face", "place"), "place")


def test_equal_data_is_encrypted_differently_and_indexed_equally_within_a_column_alone() -> None:
    assert VAULT.encrypt(b"GD 1", "place") != VAULT.encrypt(b"GD 1", "place")
    assert VAULT.index(b"GD 1", "cases/reference") == VAULT.index(b"GD 1", "cases/reference")
    assert VAULT.index(b"GD 1", "cases/reference") != VAULT.index(b"GD 1", "other")
    assert VAULT.index(b"GD 1", "cases/reference") != Vault(bytes(32)).index(b"GD 1", "cases/reference")


def test_key_is_read_from_a_private_file_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "storage.key", bytes(32).hex().encode())
    write_public(tmp_path / "open.key", bytes(32).hex().encode())
    assert load_vault(tmp_path / "storage.key").decrypt(Vault(bytes(32)).encrypt(b"x", "p"), "p") == b"x"
    with pytest.raises(PrivateFileError, match="chmod 600"):
        load_vault(tmp_path / "open.key")


@pytest.mark.parametrize("content", ["not hexadecimal", "00" * 31])
def test_damaged_key_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    write_private(tmp_path / "storage.key", content.encode())
    with pytest.raises((PrivateFileError, VaultError)) as caught:
        load_vault(tmp_path / "storage.key")
    assert content not in str(caught.value)
