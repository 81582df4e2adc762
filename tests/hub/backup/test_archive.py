"""A stream that would write where it should not, or something other than files."""

import io
import tarfile
from pathlib import Path

import pytest

from credentials.private_files import DiskError
from hub.backup.archive import pack, unpack
from hub.backup.errors import BackupDamagedError


def archive(*entries: tuple[tarfile.TarInfo, bytes]) -> list[bytes]:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return [file.getvalue()]


def test_files_come_back_in_pieces_of_any_size_with_their_modes(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    contents = {"a/secret.key": b"s" * 1000, "b/card.json": b"", "a/b/c.bin": bytes(range(256)) * 9}
    for number, content in enumerate(contents.values()):
        (source / str(number)).write_bytes(content)
    (source / "0").chmod(0o600)
    files = [(name, (source / str(number)).open("rb")) for number, name in enumerate(contents)]
    stream = b"".join(pack(files))
    for _, file in files:
        file.close()
    unpack((stream[start : start + 777] for start in range(0, len(stream), 777)), target)
    assert {name: (target / name).read_bytes() for name in contents} == contents
    assert (target / "a" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (target / "b" / "card.json").stat().st_mode & 0o777 == 0o644
    assert (target / "a").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_file_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupDamagedError):
        unpack(archive((tarfile.TarInfo(name), b"x")), tmp_path / "target")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = kind, "hub.toml"
    with pytest.raises(BackupDamagedError, match="not a plain file"):
        unpack(archive((entry, b"")), tmp_path / "target")


def test_name_that_comes_twice_does_not_replace_the_first(tmp_path: Path) -> None:
    with pytest.raises(DiskError):
        unpack(archive((tarfile.TarInfo("a"), b"first"), (tarfile.TarInfo("a"), b"second")), tmp_path / "target")
    assert (tmp_path / "target" / "a").read_bytes() == b"first"


def test_stream_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupDamagedError):
        unpack([b"x" * 2000], tmp_path / "target")
