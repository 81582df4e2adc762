"""Search every probe in a gallery, and keep of each search what error rates are made of. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluation.comparable import comparable_in_age
from evaluation.samples import BoolArray, FloatArray, IntArray, Samples
from evaluation.scoring import Scorer
from protocol.comparable import sexes_agree

__all__ = ["NO_MATE", "NO_RANK", "Outcomes", "Side", "search_all"]

NO_MATE = -1
"""In place of an entry's number: the probe's person is not in the gallery, or has no usable photograph there."""

NO_RANK = int(np.iinfo(np.int64).max)
"""The rank of a mate that was not found at all."""

# Probes scored at once: 256 against 100,000 entries are 100 MB of scores.
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of the searches: n usable photographs, and whose they are."""

    samples: Samples
    sexes: IntArray  # (n,) protocol.comparable.SEX_CODES
    entries: IntArray  # (n,) the person's number among the gallery's entries; NO_MATE for a probe without a mate


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What n searches found. A score of minus infinity means that there was nothing to compare."""

    mate: FloatArray  # (n,) best score of the probe's own entry
    other: FloatArray  # (n,) best score of any other comparable entry
    rank: IntArray  # (n,) place of the own entry, from 1; behind all that score the same
    comparable: IntArray  # (n,) how many entries competed

    @classmethod
    def nothing_found(cls, n: int) -> "Outcomes":
        """Of n searches that had nothing to compare."""
        nothing = np.full(n, -np.inf)
        return cls(nothing, nothing.copy(), np.full(n, NO_RANK), np.zeros(n, np.int64))

    def among(self, chosen: BoolArray) -> "Outcomes":
        """Those that are chosen (n,)."""
        return Outcomes(self.mate[chosen], self.other[chosen], self.rank[chosen], self.comparable[chosen])

    def put(self, places: IntArray | slice, found: "Outcomes") -> None:
        """Set the outcomes of some of the searches."""
        self.mate[places], self.other[places] = found.mate, found.other
        self.rank[places], self.comparable[places] = found.rank, found.comparable


def search_all(
    scorer: Scorer, probes: Side, gallery: Side, advance: Callable[[int], None] = lambda _: None
) -> Outcomes:
    """Search each probe among the comparable entries of the gallery.

    An entry's score is the best of its photographs. `advance` is called with how many probes have been searched
    since it was called last.
    """
    outcomes = Outcomes.nothing_found(len(probes.samples))
    if not len(gallery.samples):
        return outcomes
    order = np.argsort(gallery.entries, kind="stable")
    gallery = Side(gallery.samples.rows(order), gallery.sexes[order], gallery.entries[order])
    entries, starts = np.unique(gallery.entries, return_index=True)
    mates = np.where(np.isin(probes.entries, entries), np.searchsorted(entries, probes.entries), NO_MATE)
    search = scorer.against(gallery.samples)
    for start in range(0, len(probes.samples), _CHUNK):
        part = slice(start, start + _CHUNK)
        scores = search(probes.samples.rows(part))
        scores = np.where(_comparable(probes, gallery, part), scores, -np.inf)
        outcomes.put(part, _outcomes(np.maximum.reduceat(scores, starts, axis=1), mates[part]))
        advance(len(scores))
    return outcomes


def _comparable(probes: Side, gallery: Side, part: slice) -> BoolArray:
    own = probes.entries[part, None] == gallery.entries[None]
    in_sex = sexes_agree(probes.sexes[part, None], gallery.sexes[None])
    in_age = comparable_in_age(probes.samples.ages[part], gallery.samples.ages)
    fits: BoolArray = in_sex & (in_age | own)
    return fits


def _outcomes(scores: FloatArray, mates: IntArray) -> Outcomes:
    """Of scores (n, entries) and the column (n,) of each probe's mate, or NO_MATE."""
    compared = np.isfinite(scores).sum(axis=1)
    mated = np.flatnonzero(mates != NO_MATE)
    mate = np.full(len(scores), -np.inf)
    mate[mated] = scores[mated, mates[mated]]
    others = scores.copy()
    others[mated, mates[mated]] = -np.inf
    ahead = (others >= mate[:, None]).sum(axis=1)
    rank = np.where(np.isfinite(mate), ahead + 1, NO_RANK)
    return Outcomes(mate, others.max(axis=1), rank, compared)
