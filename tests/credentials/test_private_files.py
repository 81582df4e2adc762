"""Private files: nobody else's eyes, and never half a file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from credentials.private_files import (
    DiskError,
    PrivateFileError,
    make_private_directory,
    read_private,
    require_private,
    write_private,
    write_public,
)
from tests.support.full_disk import files_of_at_most

Check = Callable[[Path], object]


def test_what_was_written_is_read_back_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "storage.key"
    write_private(path, b"\0\xff secret")
    assert read_private(path) == b"\0\xff secret"
    assert require_private(path) == path
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o777, 0o601])
@pytest.mark.parametrize("check", [read_private, require_private])
def test_key_open_to_others_is_refused_and_the_command_to_close_it_named(
    tmp_path: Path, mode: int, check: Check
) -> None:
    path = tmp_path / "storage.key"
    write_private(path, b"secret")
    path.chmod(mode)
    with pytest.raises(PrivateFileError, match="chmod 600") as refusal:
        check(path)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("check", [read_private, require_private])
def test_link_in_a_keys_place_is_refused(tmp_path: Path, check: Check) -> None:
    write_private(tmp_path / "elsewhere", b"secret")
    (tmp_path / "storage.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PrivateFileError):
        check(tmp_path / "storage.key")


@pytest.mark.parametrize("check", [read_private, require_private])
def test_named_pipe_in_a_keys_place_is_refused_instead_of_waited_for(tmp_path: Path, check: Check) -> None:
    os.mkfifo(tmp_path / "storage.key", 0o600)
    with pytest.raises(PrivateFileError, match="plain file"):
        check(tmp_path / "storage.key")


@pytest.mark.parametrize("check", [read_private, require_private])
def test_missing_key_and_folder_in_its_place_are_refused(tmp_path: Path, check: Check) -> None:
    with pytest.raises(PrivateFileError, match="cannot be read"):
        check(tmp_path / "storage.key")
    (tmp_path / "storage.key").mkdir()
    with pytest.raises(PrivateFileError, match="plain file"):
        check(tmp_path / "storage.key")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("check", [read_private, require_private])
def test_key_that_another_user_owns_is_refused(tmp_path: Path, check: Check) -> None:
    path = tmp_path / "storage.key"
    write_private(path, b"secret")
    os.chown(path, 65534, 65534)
    with pytest.raises(PrivateFileError, match="another user"):
        check(path)


def test_file_longer_than_its_limit_is_refused(tmp_path: Path) -> None:
    write_private(tmp_path / "storage.key", b"12345")
    assert read_private(tmp_path / "storage.key", limit=5) == b"12345"
    with pytest.raises(PrivateFileError, match="longer than 4 bytes"):
        read_private(tmp_path / "storage.key", limit=4)


@pytest.mark.parametrize("write", [write_private, write_public])
def test_full_disk_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, write: Callable[[Path, bytes], None]
) -> None:
    write(tmp_path / "card.json", b"old")
    with files_of_at_most(10), pytest.raises(DiskError, match=r"card\.json could not be written"):
        write(tmp_path / "card.json", b"new and too long")
    assert (tmp_path / "card.json").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


def test_rewriting_closes_a_file_that_was_open(tmp_path: Path) -> None:
    path = tmp_path / "storage.key"
    path.write_bytes(b"old")
    path.chmod(0o666)
    write_private(path, b"new")
    assert read_private(path) == b"new"


def test_private_directory_is_made_with_its_parents_and_closed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    for path in (tmp_path / "open", tmp_path / "a" / "b"):
        assert make_private_directory(path).stat().st_mode & 0o777 == 0o700


def test_folder_below_a_file_is_a_disk_error_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DiskError, match=r"could not be made: .*\.$"):
        make_private_directory(tmp_path / "file" / "folder")
    with pytest.raises(DiskError, match=r"could not be written: .*\.$"):
        write_private(tmp_path / "file" / "key", b"secret")
