"""How alike two faces are said to be. Every figure of an evaluation belongs to one of these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from evaluation.samples import FloatArray, Samples
from models import scoring

__all__ = ["RawCosine", "Scorer", "Scorers", "Search"]

Search: TypeAlias = Callable[[Samples], FloatArray]
"""Scores (n, m) of n probes with the m samples of one gallery."""


class Scorer(Protocol):
    """A way to score. Higher is more alike; only the order of scores matters."""

    def against(self, gallery: Samples) -> Search:
        """Prepare a gallery once, to be searched often."""
        ...

    def pairs(self, a: Samples, b: Samples) -> FloatArray:
        """Scores (n,) of n pairs: the first of the one with the first of the other, and so on."""
        ...


class RawCosine:
    """The cosine of the angle between two templates, −1 to 1, as the network gives it."""

    def against(self, gallery: Samples) -> Search:
        """See Scorer."""
        transposed = np.ascontiguousarray(gallery.vectors.T)
        return lambda probes: probes.vectors @ transposed

    def pairs(self, a: Samples, b: Samples) -> FloatArray:
        """See Scorer."""
        scores: FloatArray = np.einsum("nd,nd->n", a.vectors, b.vectors)
        return scores


@dataclass(frozen=True, slots=True)
class Scorers:
    """What is measured side by side: the raw cosine, and the pack's normalised score where it is calibrated."""

    raw: Scorer
    normalised: Scorer | None = None
    calibrated: scoring.Scorer | None = None  # what the normalised scores are said to mean

    @property
    def calibration(self) -> str | None:
        """Digest of the calibration, None where there is none."""
        return self.calibrated.calibration_digest if self.calibrated else None
