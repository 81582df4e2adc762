"""What a pack's manifest.toml may say, read strictly into frozen records.

Every key is known, typed and bounded; an unknown one is refused, because a misspelt setting that is
silently ignored would change what a score means.
"""

import json
import tomllib
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from models.errors import PackRejectedError

__all__ = [
    "Alignment",
    "Detector",
    "Embedder",
    "Manifest",
    "Origin",
    "PackFile",
    "parse_manifest",
]

# A name is one component of a path and starts with a letter or digit, so no manifest can reach a file
# outside its own folder.
FileName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
PackName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Sha256: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Sentence: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Point: TypeAlias = tuple[float, float]

_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Detector:
    """How faces are found. `kind` names the decoder of the network's outputs (models.detectors).

    `max_side` bounds the longer side, in pixels, of what the network sees: a larger picture is scaled
    down to it, a smaller one stays as it is. Of boxes that overlap by more than `max_overlap`
    (intersection over union) only the best stays.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: Literal["centerface", "yunet"]
    file: FileName
    max_side: Annotated[int, Field(ge=32, le=4096, multiple_of=32)]
    min_score: Annotated[float, Field(gt=0, lt=1)]
    max_overlap: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the eyes, nose and mouth corners (x, y) come to lie in a square crop of `size` pixels."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    size: Literal[112]
    points: tuple[Point, Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Embedder:
    """A network from an aligned crop to `dimension` values.

    It gets (crop - mean) * scale, planes first, in the order `channels` names. With `mirror` the values
    of the crop and of its mirror image are added. The sum is brought to unit length. Where a pack has
    several embedders their unit vectors are concatenated, and the whole is brought to unit length.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    file: FileName
    channels: Literal["rgb", "bgr"]
    mean: float
    scale: Annotated[float, Field(gt=0)]
    mirror: bool
    dimension: Annotated[int, Field(ge=16, le=4096)]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from: what was published, by whom it was trained on what, and how it got here."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    source: Sentence
    training_data: Sentence
    conversion: Sentence


@dataclass(frozen=True, slots=True)
class PackFile:
    """A file of the pack: its size and digest, its SPDX licence, and for weights the licence's text and origin.

    `url` is where `mca models pull` gets a file that does not come with this program.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: FileName
    size: Annotated[int, Field(gt=0, le=2_000_000_000)]
    sha256: Sha256
    licence: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.+-]{1,60}$")]
    licence_file: FileName | None = None
    origin: Origin | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]{4,400}$")] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole manifest.toml."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    format: Literal[1]
    name: PackName
    summary: Sentence
    detector: Detector
    alignment: Alignment
    embedders: Annotated[tuple[Embedder, ...], Field(min_length=1, max_length=4)]
    files: Annotated[tuple[PackFile, ...], Field(min_length=1, max_length=40)]

    @property
    def dimension(self) -> int:
        """Values of a template: the embedders' dimensions added up."""
        return sum(embedder.dimension for embedder in self.embedders)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the network files, detector first."""
        return (self.detector.file, *(embedder.file for embedder in self.embedders))

    def file(self, name: str) -> PackFile | None:
        """The record of a file, or None where the manifest does not list it."""
        return next((file for file in self.files if file.name == name), None)


def parse_manifest(text: str) -> Manifest:
    """Read a manifest's text. Raise PackRejectedError naming the key that is wrong."""
    try:
        table = json.dumps(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise PackRejectedError(f"manifest.toml cannot be read: {error}") from error
    try:
        manifest = TypeAdapter(Manifest).validate_json(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PackRejectedError(f"manifest.toml, {key}: {first['msg']}") from error
    _check_references(manifest)
    return manifest


def _check_references(manifest: Manifest) -> None:
    names = [file.name for file in manifest.files]
    if len(set(names)) != len(names):
        raise PackRejectedError("manifest.toml, files: a file is listed twice")
    licence_files = [file.licence_file for file in manifest.files if file.licence_file]
    for name in (*manifest.models, *licence_files):
        if name not in names:
            raise PackRejectedError(f"manifest.toml, files: {name} is used but not listed")
