"""Identities as files: they open and sign as they did, or are refused."""

import json
from pathlib import Path

import pytest

from credentials.identity import create_identity, load_identity, parse_card, read_card, write_card
from credentials.private_files import PrivateFileError
from protocol.errors import FieldError

KEYS = ["signing.key", "opening.key"]


def test_loaded_identity_opens_what_was_sealed_to_its_card(tmp_path: Path) -> None:
    create_identity(tmp_path, "bd/benapole-1")
    card, loaded = read_card(tmp_path / "card.json"), load_identity(tmp_path)
    assert (card.name, loaded.name) == ("bd/benapole-1", "bd/benapole-1")
    assert loaded.opening_key.unseal(card.seal_key.seal(b"a sighting", b"context"), b"context") == b"a sighting"
    card.verify_key.verify(b"a receipt", loaded.signing_key.sign(b"a receipt"))


@pytest.mark.parametrize("name", KEYS)
def test_key_files_are_private_and_absent_from_the_card(tmp_path: Path, name: str) -> None:
    create_identity(tmp_path, "bd")
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / name).read_text() not in (tmp_path / "card.json").read_text()
    (tmp_path / name).chmod(0o640)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        load_identity(tmp_path)


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("damage", ["", "not hexadecimal", "é", "00" * 31])
def test_damaged_key_is_refused_without_showing_it(tmp_path: Path, name: str, damage: str) -> None:
    secret = create_identity(tmp_path, "bd")
    (tmp_path / name).write_text(damage)
    with pytest.raises(PrivateFileError, match="Provision this identity anew") as refusal:
        load_identity(tmp_path)
    assert secret.signing_key.secret_bytes().hex() not in str(refusal.value)
    assert not damage or damage not in str(refusal.value)


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_another_identity_are_refused(tmp_path: Path, name: str) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        create_identity(tmp_path / folder, "bd")
    (tmp_path / "two" / name).replace(tmp_path / "one" / name)
    with pytest.raises(PrivateFileError, match="do not belong"):
        load_identity(tmp_path / "one")


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    identity = create_identity(tmp_path, "bd")
    assert repr(identity) == "PrivateIdentity('bd')"


def test_missing_or_foreign_card_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(PrivateFileError, match=r"card\.json cannot be read"):
        load_identity(tmp_path)
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(PrivateFileError, match=r"card\.json is not an identity card"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    "change",
    [{"name": 7}, {"name": None}, {"verify": "zz"}, {"verify": "00"}, {"verify": 7}, {"seal": "00"}, {"seal": None}],
)
def test_card_with_a_wrong_field_is_rejected(tmp_path: Path, change: dict[str, object]) -> None:
    card = json.loads(write_card(create_identity(tmp_path, "bd").public))
    with pytest.raises(FieldError):
        parse_card(json.dumps(card | change).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b"null", b"\xff", b'"card"'])
def test_bytes_that_are_no_card_are_rejected(data: bytes) -> None:
    with pytest.raises(FieldError):
        parse_card(data)
