"""A pack: the networks and settings that turn a face into a template, verified before use."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from models.errors import LicenceRefusedError, PackRejectedError
from models.manifest import Manifest, PackFile, parse_manifest

__all__ = [
    "MANIFEST",
    "PERMITTED_LICENCES",
    "Pack",
    "check_file",
    "check_licences",
    "default_pack_path",
    "load_pack",
    "read_manifest",
    "shipped_pack_path",
]

MANIFEST = "manifest.toml"
PERMITTED_LICENCES = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "MIT"})

_MAX_MANIFEST_BYTES = 200_000
# Counts changes of this package's own arithmetic (resizing, alignment, normalising) that move templates
# of unchanged networks. Raising it makes every older template incomparable, which is then the truth.
_ARITHMETIC = 1


@dataclass(frozen=True, slots=True)
class Pack:
    """A verified pack. Made by `load_pack` alone.

    `digest` (64 hex digits) names the embedding space: two templates may be compared if and only if
    their digests are equal. It is the SHA-256 of everything that decides an embedding - the networks'
    own digests, the detector's and embedders' settings, the alignment and the revision of this
    package's arithmetic - and of nothing else: a new licence text or calibration leaves it as it is.
    """

    path: Path
    manifest: Manifest
    digest: str

    def read(self, name: str) -> bytes:
        """A file's bytes, verified again, so that what is used is what was checked.

        Raises PackRejectedError where the file is missing, altered or not listed.
        """
        file = self.manifest.file(name)
        if file is None:
            raise PackRejectedError(f"{self.path.name}/{name} is not listed in the pack's manifest")
        return check_file(self.path, file)


def default_pack_path() -> Path:
    """The folder of the pack that ships with this program."""
    return shipped_pack_path("default")


def shipped_pack_path(name: str) -> Path:
    """The folder of a pack whose manifest ships with this program; its networks may have to be pulled."""
    return Path(__file__).parent / "packs" / name


def load_pack(path: Path, permitted_licences: Collection[str] = PERMITTED_LICENCES) -> Pack:
    """Read and verify a pack folder: every listed file's size and digest, and every licence.

    Raises PackRejectedError for a missing, altered or undescribed file, LicenceRefusedError for a
    licence (SPDX identifier) that is not permitted; both name the file.
    """
    manifest = read_manifest(path)
    check_licences(manifest, permitted_licences)
    for file in manifest.files:
        check_file(path, file)
    return Pack(path, manifest, _space_digest(manifest))


def read_manifest(path: Path) -> Manifest:
    """A pack folder's manifest alone. Raises PackRejectedError; no file that it lists is looked at."""
    return parse_manifest(_manifest_text(path))


def check_licences(manifest: Manifest, permitted: Collection[str]) -> None:
    """Raise LicenceRefusedError, naming the file, for a licence that is not permitted."""
    for file in manifest.files:
        if file.licence not in permitted:
            raise LicenceRefusedError(
                f"{manifest.name}/{file.name} is under {file.licence}, which this installation does not permit "
                f"({', '.join(sorted(permitted))}). Use another pack, or permit it knowingly."
            )


def _manifest_text(path: Path) -> str:
    try:
        with (path / MANIFEST).open("rb") as stream:
            data = stream.read(_MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise PackRejectedError(f"{path} is no pack: {MANIFEST} cannot be read ({error.strerror})") from error
    if len(data) > _MAX_MANIFEST_BYTES:
        raise PackRejectedError(f"{path.name}/{MANIFEST} is too large to be a manifest")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise PackRejectedError(f"{path.name}/{MANIFEST} is not UTF-8 text") from error


def check_file(path: Path, file: PackFile) -> bytes:
    """A listed file's bytes. Raises PackRejectedError where they are not those the manifest names."""
    where = f"{path.name}/{file.name}"
    try:
        with (path / file.name).open("rb") as stream:
            # One byte more than promised is enough to notice a longer file without reading all of it.
            data = stream.read(file.size + 1)
    except OSError as error:
        raise PackRejectedError(f"{where} cannot be read ({error.strerror}). Install the pack again.") from error
    if len(data) != file.size:
        raise PackRejectedError(f"{where} does not have its {file.size} bytes. Install the pack again.")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise PackRejectedError(f"{where} is not the file the manifest names. Install the pack again.")
    return data


def _space_digest(manifest: Manifest) -> str:
    digests = {file.name: file.sha256 for file in manifest.files}
    detector = asdict(manifest.detector) | {"file": digests[manifest.detector.file]}
    embedders = [asdict(embedder) | {"file": digests[embedder.file]} for embedder in manifest.embedders]
    space = {
        "arithmetic": _ARITHMETIC,
        "detector": detector,
        "alignment": asdict(manifest.alignment),
        "embedders": embedders,
    }
    return hashlib.sha256(json.dumps(space, sort_keys=True).encode()).hexdigest()
