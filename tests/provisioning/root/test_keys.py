"""Root keys on media of their own: private, under a passphrase if wanted, never overwritten."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from credentials.passphrase import PassphraseError
from credentials.private_files import DiskError, PrivateFileError, write_private
from provisioning.cli import app
from provisioning.errors import AlreadyProvisionedError, DamagedFolderError, RootChangeError
from provisioning.root.keys import create_root_key, holder, load_root_signer, read_root_card
from tests.provisioning.commands import provision
from tests.support.full_disk import files_of_at_most

PASSPHRASE = "correct horse battery staple"


def not_asked() -> str:
    raise AssertionError("a key that is under no passphrase asked for one")


def test_key_is_private_and_its_public_half_names_its_holder(tmp_path: Path) -> None:
    provision("root", "key", tmp_path / "stick", "--holder", "registrar")
    files = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "stick").iterdir()}
    assert files == {"tuf-root.key": 0o600, "tuf-root.pub": 0o644}
    public = read_root_card(tmp_path / "stick" / "tuf-root.pub")
    signer = load_root_signer(tmp_path / "stick", not_asked)
    assert public.keyid == signer.public_key.keyid
    assert holder(public) == "registrar"


def test_key_under_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "passphrase", f"{PASSPHRASE}\n".encode())
    provision("root", "key", tmp_path / "stick", "--holder", "registrar", "--passphrase-file", tmp_path / "passphrase")
    assert b"PRIVATE KEY" not in (tmp_path / "stick" / "tuf-root.key").read_bytes()
    signer = load_root_signer(tmp_path / "stick", lambda: PASSPHRASE)
    assert signer.public_key.keyid == read_root_card(tmp_path / "stick" / "tuf-root.pub").keyid
    with pytest.raises(PassphraseError, match="wrong"):
        load_root_signer(tmp_path / "stick", lambda: PASSPHRASE + "!")


def test_prompted_passphrase_is_not_shown(tmp_path: Path) -> None:
    asked = CliRunner().invoke(
        app,
        ["root", "key", str(tmp_path / "stick"), "--holder", "registrar", "--passphrase"],
        input=f"{PASSPHRASE}\n{PASSPHRASE}\n",
    )
    assert asked.exit_code == 0, asked.output
    assert PASSPHRASE not in asked.output
    load_root_signer(tmp_path / "stick", lambda: PASSPHRASE)


def test_passphrase_that_others_can_read_or_guess_is_refused_and_no_key_made(tmp_path: Path) -> None:
    words = tmp_path / "passphrase"
    for text, mode, error in ((PASSPHRASE, 0o644, PrivateFileError), ("short", 0o600, PassphraseError)):
        words.write_text(text)
        words.chmod(mode)
        with pytest.raises(error):
            provision("root", "key", tmp_path / "stick", "--holder", "registrar", "--passphrase-file", words)
    assert not (tmp_path / "stick").exists()


def test_key_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    create_root_key(tmp_path / "stick", "registrar", passphrase=None)
    before = (tmp_path / "stick" / "tuf-root.key").read_bytes()
    with pytest.raises(AlreadyProvisionedError):
        create_root_key(tmp_path / "stick", "registrar", passphrase=None)
    assert (tmp_path / "stick" / "tuf-root.key").read_bytes() == before


@pytest.mark.parametrize("size", [0, 40, 118])
def test_full_medium_leaves_no_half_key(tmp_path: Path, size: int) -> None:
    with files_of_at_most(size), pytest.raises(DiskError):
        create_root_key(tmp_path / "stick", "registrar", passphrase=None)
    assert list(tmp_path.iterdir()) == []


def test_medium_taken_out_in_the_middle_is_begun_again(tmp_path: Path) -> None:
    run = (
        "import sys; from pathlib import Path; from provisioning.root.keys import create_root_key;"
        "from tests.support.full_disk import die_at_a_file_of; die_at_a_file_of(100);"
        "create_root_key(Path(sys.argv[1]), 'registrar', passphrase=None)"
    )
    cut = subprocess.run([sys.executable, "-c", run, tmp_path / "stick"], check=False, capture_output=True)
    assert cut.returncode < 0, cut.stderr
    assert not (tmp_path / "stick").exists()
    create_root_key(tmp_path / "stick", "registrar", passphrase=None)
    assert [path.name for path in tmp_path.iterdir()] == ["stick"]


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 61, " padded"])
def test_holder_that_would_garble_what_signers_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RootChangeError, match="1 to 60 characters"):
        create_root_key(tmp_path / "stick", name, passphrase=None)
    (tmp_path / "card").write_text(json.dumps({"holder": name, "public": "00" * 32}))
    with pytest.raises(RootChangeError):
        read_root_card(tmp_path / "card")


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"holder": "registrar", "public": "00"}'])
def test_damaged_card_is_refused(tmp_path: Path, damage: str) -> None:
    (tmp_path / "card").write_text(damage)
    with pytest.raises(RootChangeError, match=r"tuf-root\.pub"):
        read_root_card(tmp_path / "card")
    with pytest.raises(RootChangeError, match="cannot be read"):
        read_root_card(tmp_path / "missing")


def test_damaged_or_open_key_is_refused(tmp_path: Path) -> None:
    create_root_key(tmp_path / "stick", "registrar", passphrase=None)
    (tmp_path / "stick" / "tuf-root.key").chmod(0o644)
    with pytest.raises(PrivateFileError, match="chmod 600"):
        load_root_signer(tmp_path / "stick", not_asked)
    write_private(tmp_path / "stick" / "tuf-root.key", b"not PEM")
    with pytest.raises(DamagedFolderError, match="backup"):
        load_root_signer(tmp_path / "stick", not_asked)
