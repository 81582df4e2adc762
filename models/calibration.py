"""What a normalised score says: how often an unrelated person of the same age band scores as high.

calibration.json stands in a pack's folder beside its manifest and is its own: it names the embedding space
it was fitted for, so a new calibration changes no digest of the pack, and a pack is never used with
another pack's. `mca evaluate calibrate` writes it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from models.bands import Band
from models.errors import PackRejectedError
from models.normalise import Population, read_population
from models.pack import Pack

__all__ = [
    "CALIBRATION",
    "POPULATION",
    "Calibration",
    "CalibrationFile",
    "Curve",
    "Rate",
    "Source",
    "Tail",
    "load_calibration",
    "write_calibration",
]

CALIBRATION, POPULATION = "calibration.json", "population.npz"

_MAX_BYTES = 64_000_000
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Rate:
    """A false match rate, and the interval in which 95 of 100 fresh sets of as many people count it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tail:
    """The generalised Pareto tail: P(score > t) = share (1 + shape (t - start) / scale) ** (-1 / shape)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    start: float
    share: Annotated[float, Field(gt=0, lt=1)]
    scale: Annotated[float, Field(gt=0)]
    shape: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A band's false match rates at rising scores, with their intervals, and what they were fitted on."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    people: Annotated[int, Field(ge=2)]
    pairs: Annotated[int, Field(ge=1)]
    tail: Tail
    scores: tuple[float, ...]
    rate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def at(self, score: float) -> Rate:
        """The rate at a score: between the curve's points by straight lines of its logarithm.

        Beyond the last point the curve stays at it: more than the data can bear is never claimed.
        """
        return Rate(*(self._read(column, score) for column in (self.rate, self.low, self.high)))

    def score_for(self, rate: float) -> float:
        """The lowest score whose whole interval lies at or below a rate; the last one where none does."""
        reached = [score for score, high in zip(self.scores, self.high, strict=True) if high <= rate]
        return reached[0] if reached else self.scores[-1]

    def supports(self, rate: float) -> bool:
        """Whether the pairs counted were enough to see this rate, rather than to continue a tail to it."""
        return rate * self.pairs >= 10

    def _read(self, column: tuple[float, ...], score: float) -> float:
        with np.errstate(divide="ignore"):  # The lower end falls to nought where a fresh count may be none.
            return float(np.exp(np.interp(score, self.scores, np.log(column))))


@dataclass(frozen=True, slots=True)
class Source:
    """A collection of photographs that a calibration was fitted on."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    people: int


@dataclass(frozen=True, slots=True)
class CalibrationFile:
    """The content of calibration.json."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    format: Literal[2]
    pack_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    sources: tuple[Source, ...]
    population_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bands: dict[Literal["0-3", "4-8", "9-12", "13-17", "18+"], Curve]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A pack's calibration, verified. `digest` (64 hex digits) names it in a sighting."""

    digest: str
    content: CalibrationFile
    population: Population
    curves: Mapping[Band, Curve]


def load_calibration(pack: Pack) -> Calibration:
    """Read a pack's calibration.

    Raises PackRejectedError where there is none, where it was fitted for another embedding space, or
    where the population beside it is not the one it names.
    """
    data = _read(pack, CALIBRATION)
    try:
        content = TypeAdapter(CalibrationFile).validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PackRejectedError(f"{pack.path.name}/{CALIBRATION}, {key}: {first['msg']}") from error
    if content.pack_digest != pack.digest:
        raise PackRejectedError(
            f"{pack.path.name}/{CALIBRATION} was fitted for another pack. Run: mca evaluate calibrate"
        )
    for band, curve in content.bands.items():
        _check_curve(pack, band, curve)
    population = _read(pack, POPULATION)
    if hashlib.sha256(population).hexdigest() != content.population_sha256:
        raise PackRejectedError(f"{pack.path.name}/{POPULATION} is not the one the calibration names")
    return Calibration(
        digest=hashlib.sha256(data).hexdigest(),
        content=content,
        population=read_population(population, pack.manifest.dimension),
        curves={Band(name): curve for name, curve in content.bands.items()},
    )


def write_calibration(pack: Pack, content: CalibrationFile, population: bytes) -> None:
    """Write a calibration into a pack's folder, the population first."""
    (pack.path / POPULATION).write_bytes(population)
    data = TypeAdapter(CalibrationFile).dump_json(content, indent=1)
    (pack.path / CALIBRATION).write_bytes(data + b"\n")


def _read(pack: Pack, name: str) -> bytes:
    try:
        with (pack.path / name).open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise PackRejectedError(
            f"{pack.path.name} is not calibrated: {name} cannot be read. Run: mca evaluate calibrate"
        ) from error
    if len(data) > _MAX_BYTES:
        raise PackRejectedError(f"{pack.path.name}/{name} is too large")
    return data


def _check_curve(pack: Pack, band: str, curve: Curve) -> None:
    columns = np.array([curve.rate, curve.low, curve.high]) if len({*map(len, _columns(curve))}) == 1 else None
    sound = (
        columns is not None
        and columns.shape[1] >= 2
        and bool((np.diff(curve.scores) > 0).all())
        and bool((columns[[0, 2]] > 0).all() and (columns[1] >= 0).all() and (columns <= 1).all())
        and bool((np.diff(columns, axis=1) <= 0).all())
        and bool((columns[1] <= columns[0]).all() and (columns[0] <= columns[2]).all())
    )
    if not sound:
        raise PackRejectedError(f"{pack.path.name}/{CALIBRATION}: the curve of band {band} is no curve")


def _columns(curve: Curve) -> tuple[tuple[float, ...], ...]:
    return curve.scores, curve.rate, curve.low, curve.high
