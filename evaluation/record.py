"""What an evaluation found, as it is written to a JSON file and read back. Figures only: no photograph, no name."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from credentials.private_files import write_public
from evaluation.errors import ListRejectedError, OutputRefusedError

__all__ = [
    "Breakdown",
    "Comparison",
    "Curve",
    "Estimate",
    "Group",
    "GroupRates",
    "IdentifyRecord",
    "ListName",
    "Operating",
    "Point",
    "Published",
    "PublishedBand",
    "Rates",
    "Record",
    "VerifyRates",
    "VerifyRecord",
    "read_record",
    "require_writable",
    "write_record",
]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1 with its interval of 95 %; None where the list cannot tell it."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """An error rate at a wanted rate of the other kind, and the threshold that gives it (None: any score passes)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) of a curve, thinned for drawing."""

    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """Of an identification. Keys are the wanted FPIR ("0.1") and the rank ("10")."""

    fnir_at_fpir: dict[str, Point]
    rank: dict[str, float | None]
    rank_intervals: dict[str, Estimate]
    det: Curve  # x: FPIR, y: FNIR


@dataclass(frozen=True, slots=True)
class Operating:
    """The error rates of a group of people at the threshold that serves everybody."""

    fnir: Estimate
    fpir: Estimate


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Of a group of people: with a threshold of its own, and with everybody's; keys are the wanted FPIR."""

    fnir_at_fpir: dict[str, Point]
    at_common_threshold: dict[str, Operating]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people: how many searches were for them, and how those ended."""

    mated: int
    nonmated: int
    raw: GroupRates
    normalised: GroupRates | None = None


Breakdown: TypeAlias = dict[str, Group]


@dataclass(frozen=True, slots=True)
class Comparison:
    """FNIR with normalised scores minus FNIR with raw ones, in the same draws of people; below 0 is better."""

    fnir_at_fpir: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Published:
    """How often a search for someone not on the list brings up somebody: as the calibration promises, and counted."""

    promised: Estimate
    counted: Estimate


@dataclass(frozen=True, slots=True)
class PublishedBand:
    """Of an age band, by the wanted number of false candidates per 100 intakes ("5")."""

    searches: int
    per_100_intakes: dict[str, Published]


@dataclass(frozen=True, slots=True)
class ListName:
    """Which list was measured: its file's name and SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class IdentifyRecord:
    """An open-set identification. `gallery` is N: the people enrolled, those without a usable photograph too."""

    kind: Literal["identify"]
    pack: str
    pack_name: str
    calibration: str | None  # digest; None where the pack is not calibrated
    lists: dict[str, ListName]
    gallery: int
    gallery_photos: int
    mated: int
    nonmated: int
    failures_to_acquire: int
    failures: dict[str, int]
    identical_photographs: int
    comparable_entries: float | None  # mean over the searches with a usable photograph
    bootstrap: int
    seed: int
    raw: Rates
    normalised: Rates | None
    difference: Comparison | None
    published: dict[str, PublishedBand]  # by age band; none where the pack is not calibrated
    bands: Breakdown
    age_gaps: Breakdown
    sexes: Breakdown
    groups: Breakdown


@dataclass(frozen=True, slots=True)
class VerifyRates:
    """Of a verification. Keys are the wanted FAR."""

    tar_at_far: dict[str, Point]
    roc: Curve  # x: FAR, y: TAR


@dataclass(frozen=True, slots=True)
class VerifyRecord:
    """A verification of pairs."""

    kind: Literal["verify"]
    pack: str
    pack_name: str
    calibration: str | None  # digest; None where the pack is not calibrated
    lists: dict[str, ListName]
    genuine: int
    impostor: int
    photographs: int
    failures_to_acquire: int
    bootstrap: int
    seed: int
    raw: VerifyRates
    normalised: VerifyRates | None


Record: TypeAlias = Annotated[IdentifyRecord | VerifyRecord, Field(discriminator="kind")]

# The innermost objects and arrays of a JSON document, and the breaks in them: no JSON string holds a bare line break.
_INNERMOST, _BREAK = re.compile(r"[\[{][^\[\]{}]*[\]}]"), re.compile(r"\s*\n\s*")
_ADAPTER: TypeAdapter[IdentifyRecord | VerifyRecord] = TypeAdapter(Record)


def require_writable(path: Path) -> None:
    """Raise OutputRefusedError where a file could not be written, before hours go into what it is to hold."""
    if not path.parent.is_dir() or path.is_dir():
        raise OutputRefusedError(f"{path} cannot be written: {path.parent} must be a folder that exists.")


def write_record(record: IdentifyRecord | VerifyRecord, path: Path) -> None:
    """Write the JSON file whole, or not at all. Raises credentials' DiskError."""
    text = _ADAPTER.dump_json(record, indent=1).decode()
    # An estimate and a curve are one line each, so that a change of the file can be read.
    write_public(path, _INNERMOST.sub(lambda inner: _BREAK.sub(" ", inner[0]), text).encode() + b"\n")


def read_record(path: Path) -> IdentifyRecord | VerifyRecord:
    """Raise ListRejectedError where the file is not what `write_record` writes."""
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise ListRejectedError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ListRejectedError(f"{path} is no evaluation of this version: {where}: {first['msg']}.") from error
