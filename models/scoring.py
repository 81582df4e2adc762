"""From a score to a statement: what it would mean to be wrong."""

from dataclasses import dataclass

import numpy as np

from models.bands import CHILD_BANDS, Band
from models.calibration import Calibration, Curve
from models.errors import PackMismatchError
from models.normalise import Rows
from models.pack import Pack
from models.template import Template

__all__ = ["Chance", "Scorer"]


@dataclass(frozen=True, slots=True)
class Chance:
    """How often a search of this list brings up an unrelated person who scores this high.

    `per_search` is the chance in one search (FPIR), `candidates` the expected number of such people, each
    with a 95 % interval. `counted` is False where so high a score was too rare to count and the tail was
    continued to it; the interval is then the safer guide.
    """

    per_search: float
    low: float
    high: float
    candidates: float
    counted: bool


class Scorer:
    """Normalised and calibrated scores of one pack. Holds no template."""

    def __init__(self, pack: Pack, calibration: Calibration) -> None:
        if calibration.content.pack_digest != pack.digest:
            raise PackMismatchError("This calibration belongs to another recognition pack.")
        self.pack_digest = pack.digest
        self.calibration_digest = calibration.digest
        self._population = calibration.population
        self._curves = calibration.curves

    def entries(self, vectors: Rows) -> Rows:
        """Gallery rows (n, d + 2) of unit templates (n, d) float32, for inner products with a probe row."""
        return self._population.entries(vectors)

    def probe(self, template: Template) -> Rows:
        """The probe row (d + 2,) of a template: `entries(...) @ probe(...)` are normalised scores.

        Raises PackMismatchError for a template of another embedding space.
        """
        if template.pack_digest != self.pack_digest:
            raise PackMismatchError("This template was made by another recognition pack.")
        return np.asarray(self._population.probes(template.vector[None])[0], np.float32)

    def score(self, probe: Template, vectors: Rows) -> Rows:
        """Normalised scores (n,) of a probe against unit templates (n, d)."""
        return np.asarray(self.entries(vectors) @ self.probe(probe), np.float32)

    def chance(self, score: float, band: Band | None, comparable: int) -> Chance:
        """What a score says in a search of `comparable` entries that passed the filters of sex and age.

        The band is the searched person's; without one the answer is the least favourable child band's.
        """
        rate = max((curve.at(score) for curve in self._of(band)), key=lambda found: found.high)
        per_search, low, high = (
            float(-np.expm1(comparable * np.log1p(-min(value, 1 - 1e-12))))
            for value in (rate.value, rate.low, rate.high)
        )
        counted = all(curve.supports(rate.value) for curve in self._of(band))
        return Chance(per_search, low, high, comparable * rate.value, counted)

    def threshold(self, band: Band | None, comparable: int, false_candidates_per_100: float) -> float:
        """The lowest score at which a list of this size brings up no more unrelated people than wanted.

        Decided on the upper end of the interval, so that thin data make the threshold stricter. For an
        empty list any score will do.
        """
        if not false_candidates_per_100 > 0:
            raise ValueError("a wanted rate of false candidates is more than none")
        rate = false_candidates_per_100 / 100 / max(comparable, 1)
        return max(curve.score_for(rate) for curve in self._of(band))

    def _of(self, band: Band | None) -> list[Curve]:
        wanted = CHILD_BANDS if band is None else (band,)
        found = [self._curves[one] for one in wanted if one in self._curves]
        # A band without data borrows the least favourable of the others.
        return found or list(self._curves.values())
