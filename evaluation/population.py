"""Fit what `models.normalise` needs to know of the population. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.normalise import CONCENTRATION, Population, Rows

__all__ = ["fit_population"]

# Shares of a multiple of the identity mixed into estimates of covariance, because there are about as many
# people in a band as values in a template. Chosen with the other constants: docs/adr/0010.
_SHRINKAGE, _BOUNDARY_SHRINKAGE = 0.1, 0.2
# How much more crowded than measured adults' places are taken to be, in cosine: what a child's place exceeds them
# by less than this is left as it is, which teenagers, between the two, are found better with.
_ALLOWANCE = 0.02


def fit_population(children: Sequence[Rows], adults: Rows) -> Population:
    """The population of unit templates: children (n, d) of each band, youngest first, and adults (m, d).

    One template a person. No template can be told from the result, which holds means and covariances only.
    """
    boundary, offset = _boundary(np.concatenate(children), adults)
    return Population(
        boundary=boundary,
        offset=offset,
        means=np.stack([band.mean(axis=0) for band in children]),
        covariances=np.stack([_covariance(band, _SHRINKAGE) for band in children]),
        adult_crowding=_crowding_among(adults) + _ALLOWANCE,
    )


def _boundary(children: Rows, adults: Rows) -> tuple[NDArray[np.float32], float]:
    """Fisher's linear discriminant as log-odds of being a child's, both classes equally likely beforehand."""
    within = (_covariance(children, 0.0) + _covariance(adults, 0.0)) / 2
    child, adult = children.mean(axis=0), adults.mean(axis=0)
    direction = np.linalg.solve(_shrunk(within, _BOUNDARY_SHRINKAGE), child - adult)
    return direction.astype(np.float32), -float(direction @ (child + adult)) / 2


def _crowding_among(templates: Rows) -> float:
    """Mean crowding of templates among their own Gaussian: see models.normalise."""
    mean, covariance = templates.mean(axis=0), _covariance(templates, _SHRINKAGE)
    spread = np.einsum("nd,nd->n", templates @ covariance, templates)
    return float((templates @ mean + CONCENTRATION / 2 * spread).mean())


def _covariance(templates: Rows, shrinkage: float) -> NDArray[np.float32]:
    return _shrunk(np.cov(templates.T), shrinkage).astype(np.float32)


def _shrunk(covariance: NDArray[np.floating], shrinkage: float) -> NDArray[np.floating]:
    d = len(covariance)
    shrunk: NDArray[np.floating] = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / d * np.eye(d)
    return shrunk
