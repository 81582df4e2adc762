"""Scores that mean the same for an infant and an adult.

An embedder trained on adults puts children close together: two unrelated infants score what one adult
scores with himself. What is missing from a cosine is how crowded the place is. Bayes' rule says it: with
p(probe | entry) falling off around the entry like exp(k cos), the evidence for "same person" is

    log p(probe | entry) - log p(probe)  =  k cos(probe, entry) - log (integral of exp(k cos(probe, x)) p(x))

and where the population p(x) is a mixture of Gaussians, one per age band, the integral has a closed form,
the crowding of a template among children. Made symmetric in both templates and divided by k, and used as
far as both templates are children's, the score is

    score  =  cos(probe, entry) - w(probe) w(entry) (excess(probe) + excess(entry)) / 2

w        the probability that a template is a child's
excess   how much more crowded its place is among children than an adult's is among adults

This is adaptive symmetric score normalisation with a cohort of unlimited size: nothing is drawn, a mean
and a covariance per band are all that ships, and no real person's template does. docs/adr/0010 has what it
was measured against. The two terms of the correction are a product of a part of the probe and a part of the
entry each, so a whole gallery is prepared once and searched by plain inner products.

How much a template is treated as a child's is read from the template itself (a linear discriminant between
children and adults), not from a stated age, which an old case photograph does not show. One adult in a
comparison is enough to leave it its cosine: among adults every such correction was measured to do harm.
"""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import PackRejectedError

__all__ = ["CONCENTRATION", "Population", "Rows", "read_population", "write_population"]

CONCENTRATION = 40.0
"""k above: how fast a person's own photographs thin out around one of them. Chosen by FNIR (ADR 0010)."""

# Logarithm of the odds against a child before anything is seen: an adult who is taken for a child is found less
# often, and is on the lists of adults that people compare with. Chosen by FNIR (ADR 0010).
_DOUBT = 2.5
_CHUNK = 4096  # Templates prepared at once: bounds the memory of preparing a large gallery.

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """What is known of the population's templates, of dimension d; four child bands.

    `boundary` (d,) and `offset`: log-odds of a child's template are boundary @ x + offset. `means` (4, d) and
    `covariances` (4, d, d) of children's templates, per band. `adult_crowding`: how crowded an adult's place
    among adults is, as a cosine.
    """

    boundary: NDArray[np.float32]
    offset: float
    means: NDArray[np.float32]
    covariances: NDArray[np.float32]
    adult_crowding: float

    def __post_init__(self) -> None:
        bands, d = self.means.shape
        if (self.boundary.shape, self.covariances.shape) != ((d,), (bands, d, d)):
            raise ValueError("the population's parts do not fit together")

    @property
    def dimension(self) -> int:
        return int(self.means.shape[1])

    def entries(self, templates: Rows) -> Rows:
        """Unit templates (n, d) as gallery rows (n, d + 2): rows @ probe row = normalised score."""
        return self._rows(templates, correction_at=-2, childhood_at=-1)

    def probes(self, templates: Rows) -> Rows:
        """Unit templates (n, d) as probe rows (n, d + 2)."""
        return self._rows(templates, correction_at=-1, childhood_at=-2)

    def childhood(self, templates: Rows) -> Rows:
        """The probability (n,) that each template (n, d) is a child's."""
        odds = templates @ self.boundary + np.float32(self.offset - _DOUBT)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float32)

    def crowding(self, templates: Rows) -> Rows:
        """How densely children lie around each template (n, d), as a cosine (n,)."""
        exponents = [
            CONCENTRATION * (templates @ mean)
            + CONCENTRATION**2 / 2 * np.einsum("nd,nd->n", templates @ covariance, templates)
            for mean, covariance in zip(self.means, self.covariances, strict=True)
        ]
        density = np.logaddexp.reduce(exponents, axis=0) - np.log(len(exponents))
        return np.asarray(density / CONCENTRATION, np.float32)

    def _rows(self, templates: Rows, correction_at: int, childhood_at: int) -> Rows:
        rows = np.empty((len(templates), self.dimension + 2), np.float32)
        for start in range(0, len(templates), _CHUNK):
            part = templates[start : start + _CHUNK]
            child = self.childhood(part)
            into = rows[start : start + _CHUNK]
            into[:, :-2] = part
            into[:, correction_at] = -child * (self.crowding(part) - self.adult_crowding) / 2
            into[:, childhood_at] = child
        return rows


def write_population(population: Population) -> bytes:
    """The population as an .npz file; equal populations give equal bytes."""
    stream = io.BytesIO()
    np.savez(
        stream,
        boundary=population.boundary,
        offset=np.float64(population.offset),
        means=population.means,
        covariances=population.covariances,
        adult_crowding=np.float64(population.adult_crowding),
    )
    return stream.getvalue()


def read_population(data: bytes, dimension: int) -> Population:
    """Read `write_population` back. Raises PackRejectedError for anything else."""
    try:
        # Without pickles a file can hold numbers only, never code.
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            population = Population(
                boundary=arrays["boundary"].astype(np.float32),
                offset=float(arrays["offset"]),
                means=arrays["means"].astype(np.float32),
                covariances=arrays["covariances"].astype(np.float32),
                adult_crowding=float(arrays["adult_crowding"]),
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise PackRejectedError(f"the pack's population file cannot be read: {error}") from error
    numbers = (population.boundary, population.means, population.covariances)
    if population.dimension != dimension or not all(np.isfinite(part).all() for part in numbers):
        raise PackRejectedError(f"the pack's population is not one of templates of {dimension} values")
    return population
