"""Secrets under a passphrase: nobody opens them without it, and a damaged one says so."""

from pathlib import Path

import pytest
from Crypto.Cipher import AES
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from credentials.passphrase import PassphraseError, is_sealed, read_passphrase, seal, unseal
from credentials.private_files import PrivateFileError, write_private

WORDS = "correct horse battery staple"
SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal(SECRET, WORDS, context="key")


def test_right_words_open_and_wrong_words_or_another_purpose_do_not(sealed: bytes) -> None:
    assert unseal(sealed, WORDS, context="key") == SECRET
    for words, context in ((WORDS + " ", "key"), ("", "key"), (WORDS, "another key")):
        with pytest.raises(PassphraseError, match="wrong"):
            unseal(sealed, words, context=context)


def test_secret_is_not_among_the_sealed_bytes_and_no_two_are_alike(sealed: bytes) -> None:
    assert SECRET not in sealed
    assert WORDS.encode() not in sealed
    assert seal(SECRET, WORDS, context="key")[-60:] != sealed[-60:]


def test_another_implementation_of_the_cipher_opens_what_the_format_describes(sealed: bytes) -> None:
    magic, rest = sealed[:17], sealed[17:]
    cost, salt, nonce, body, tag = rest[0], rest[1:17], rest[17:29], rest[29:-16], rest[-16:]
    key = Scrypt(salt=salt, length=32, n=2**cost, r=8, p=1).derive(WORDS.encode())
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(magic + bytes([cost]) + salt + b"key")
    assert cipher.decrypt_and_verify(body, tag) == SECRET


@pytest.mark.parametrize("place", [18, 30, 40, 50, -1])
def test_any_altered_byte_is_noticed(sealed: bytes, place: int) -> None:
    altered = bytearray(sealed)
    altered[place] ^= 1
    with pytest.raises(PassphraseError):
        unseal(bytes(altered), WORDS, context="key")


@pytest.mark.parametrize("cost", [0, 14, 21, 63, 255])
def test_cost_that_would_exhaust_the_machine_or_protect_nothing_is_refused_unasked(sealed: bytes, cost: int) -> None:
    with pytest.raises(PassphraseError, match="damaged"):
        unseal(sealed[:17] + bytes([cost]) + sealed[18:], WORDS, context="key")


@pytest.mark.parametrize("data", [b"", b"-----BEGIN PRIVATE KEY-----", b"MCA passphrase 1\n", b"MCA passphrase 2\n"])
def test_what_is_no_sealed_secret_is_refused(data: bytes) -> None:
    with pytest.raises(PassphraseError):
        unseal(data, WORDS, context="key")
    assert is_sealed(data) == data.startswith(b"MCA passphrase 1\n")


def test_short_passphrase_is_refused() -> None:
    with pytest.raises(PassphraseError, match="at least 12"):
        seal(SECRET, "hunter2", context="key")


def test_passphrase_file_is_private_text(tmp_path: Path) -> None:
    write_private(tmp_path / "words", f"{WORDS}\r\nnot this\n".encode())
    assert read_passphrase(tmp_path / "words") == WORDS
    write_private(tmp_path / "words", b"\xff\xfe")
    with pytest.raises(PassphraseError, match="text"):
        read_passphrase(tmp_path / "words")
    (tmp_path / "words").chmod(0o644)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        read_passphrase(tmp_path / "words")
