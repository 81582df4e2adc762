"""Normalised scores as an evaluation's Scorer."""

import numpy as np

from evaluation.samples import FloatArray, Samples
from evaluation.scoring import Search
from models.normalise import Population

__all__ = ["NormalisedScore"]


class NormalisedScore:
    """The score that units and hubs decide on: see models.normalise."""

    def __init__(self, population: Population) -> None:
        self._population = population

    def against(self, gallery: Samples) -> Search:
        """See Scorer."""
        rows = np.ascontiguousarray(self._population.entries(gallery.vectors).T)
        return lambda probes: self._population.probes(probes.vectors) @ rows

    def pairs(self, a: Samples, b: Samples) -> FloatArray:
        """See Scorer."""
        entries, probes = self._population.entries(a.vectors), self._population.probes(b.vectors)
        scores: FloatArray = np.einsum("nd,nd->n", entries, probes)
        return scores
