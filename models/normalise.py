"""Scores that mean the same for an infant and an adult.

An embedder trained on adults puts children close together: two unrelated infants score what one adult
scores with himself. What is missing from a cosine is how crowded the place is. Bayes' rule says it: with
p(probe | entry) falling off around the entry like exp(k cos), the evidence for "same person" is

    log p(probe | entry) - log p(probe)  =  k cos(probe, entry) - log (integral of exp(k cos(probe, x)) p(x))

and where the population p(x) is a mixture of Gaussians, one per age band, the integral has a closed form.
Made symmetric in both templates and divided by k, the score is

    score  =  cos(probe', entry') - (crowding(probe) + crowding(entry)) / 2

This is adaptive symmetric score normalisation with a cohort of unlimited size: nothing is drawn, a mean
and a covariance per band are all that ships, and no real person's template does. docs/adr/0010 has what it
was measured against. Each template's part depends on that template alone, so a whole gallery is prepared
once and searched by plain inner products.

How much a template is treated as a child's is read from the template itself (a linear discriminant between
children and adults), not from a stated age, which an old case photograph does not show. Adults, among whom
every such correction was measured to do harm, keep their cosine, less a constant.
"""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import PackRejectedError

__all__ = ["CONCENTRATION", "Population", "Rows", "read_population", "write_population"]

CONCENTRATION = 20.0
"""k above: how fast a person's own photographs thin out around one of them. Chosen by FNIR (ADR 0010)."""

_CENTRING = 0.5  # Share of the children's common direction that is taken out of a child's template.
# A template is treated as a child's by 1 / (1 + exp(-(1.5 odds - 6))), odds being the logarithm of those of
# the discriminant: only clear cases, because half-corrected adults are found less often than uncorrected ones.
_STEEPNESS, _DOUBT = 1.5, 6.0
_CHUNK = 4096  # Templates prepared at once: bounds the memory of preparing a large gallery.

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """What is known of the population's templates, of dimension d; four child bands.

    `boundary` (d,) and `offset`: log-odds of a child's template are boundary @ x + offset. `centre` (d,):
    the children's mean. `means` (4, d) and `covariances` (4, d, d) of centred children's templates, per
    band. `adult_crowding`: the constant that stands for an adult's crowding.
    """

    boundary: NDArray[np.float32]
    offset: float
    centre: NDArray[np.float32]
    means: NDArray[np.float32]
    covariances: NDArray[np.float32]
    adult_crowding: float

    def __post_init__(self) -> None:
        bands, d = self.means.shape
        shapes = (self.boundary.shape, self.centre.shape, self.covariances.shape)
        if shapes != ((d,), (d,), (bands, d, d)):
            raise ValueError("the population's parts do not fit together")

    @property
    def dimension(self) -> int:
        return int(self.means.shape[1])

    def entries(self, templates: Rows) -> Rows:
        """Unit templates (n, d) as gallery rows (n, d + 2): rows @ probe row = normalised score."""
        return self._rows(templates, own_crowding_at=-2)

    def probes(self, templates: Rows) -> Rows:
        """Unit templates (n, d) as probe rows (n, d + 2)."""
        return self._rows(templates, own_crowding_at=-1)

    def childhood(self, templates: Rows) -> Rows:
        """How much each template (n, d) is treated as a child's, 0 to 1."""
        odds = _STEEPNESS * (templates @ self.boundary + np.float32(self.offset)) - _DOUBT
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float32)

    def centred(self, templates: Rows, childhood: Rows) -> Rows:
        """Unit vectors (n, d) with the children's common direction partly taken out of children."""
        moved = templates - _CENTRING * childhood[:, None] * self.centre
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)

    def child_crowding(self, centred: Rows) -> Rows:
        """How densely children lie around each centred template (n, d), as a cosine."""
        exponents = [
            CONCENTRATION * (centred @ mean)
            + CONCENTRATION**2 / 2 * np.einsum("nd,nd->n", centred @ covariance, centred)
            for mean, covariance in zip(self.means, self.covariances, strict=True)
        ]
        density = np.logaddexp.reduce(exponents, axis=0) - np.log(len(exponents))
        return np.asarray(density / CONCENTRATION, np.float32)

    def _rows(self, templates: Rows, own_crowding_at: int) -> Rows:
        rows = np.ones((len(templates), self.dimension + 2), np.float32)
        for start in range(0, len(templates), _CHUNK):
            part = templates[start : start + _CHUNK]
            child = self.childhood(part)
            centred = self.centred(part, child)
            crowding = child * self.child_crowding(centred) + (1 - child) * self.adult_crowding
            rows[start : start + _CHUNK, :-2] = centred
            rows[start : start + _CHUNK, own_crowding_at] = -crowding / 2
        return rows


def write_population(population: Population) -> bytes:
    """The population as an .npz file; equal populations give equal bytes."""
    stream = io.BytesIO()
    np.savez(
        stream,
        boundary=population.boundary,
        offset=np.float64(population.offset),
        centre=population.centre,
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
                centre=arrays["centre"].astype(np.float32),
                means=arrays["means"].astype(np.float32),
                covariances=arrays["covariances"].astype(np.float32),
                adult_crowding=float(arrays["adult_crowding"]),
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise PackRejectedError(f"the pack's population file cannot be read: {error}") from error
    numbers = (population.boundary, population.centre, population.means, population.covariances)
    if population.dimension != dimension or not all(np.isfinite(part).all() for part in numbers):
        raise PackRejectedError(f"the pack's population is not one of templates of {dimension} values")
    return population
