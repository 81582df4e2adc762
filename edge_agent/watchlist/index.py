"""Exact search over a watchlist's templates: FAISS flat inner product, in memory only.

An index never changes. Another segment gives another index, which shares its rows with the one before it: adding
n entries costs what n entries cost, and a search meanwhile sees the one list or the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import faiss
import numpy as np
from numpy.typing import NDArray

from edge_agent.watchlist.comparable import Attributes, comparable
from edge_agent.watchlist.scoring import Scoring
from edge_agent.watchlist.table import BLOCK, Block, Table
from models.bands import Band
from models.scoring import Chance
from models.template import Template
from protocol.ids import CaseId, PhotoId
from protocol.person import AgeBand, Sex
from protocol.segment import Segment
from protocol.sighting import MAX_CANDIDATES


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What an intake looks for, and whom it may be compared with."""

    template: Template
    sex: Sex
    age_band: AgeBand
    day: date

    @property
    def band(self) -> Band | None:
        """By which scores are measured; None where nobody recorded an age."""
        return None if self.age_band is AgeBand.UNKNOWN else Band(self.age_band)


@dataclass(frozen=True, slots=True)
class Match:
    """A case that resembles the probe, by its photo that resembles it most.

    `raw`: the cosine of the two templates; `score`: as ranked; `chance`: what it says, None if uncalibrated.
    """

    case: CaseId
    photo: PhotoId
    raw: float
    score: float
    chance: Chance | None


@dataclass(frozen=True, slots=True)
class Found:
    """A search's result: the candidates, best first, among how many photos that could compete."""

    comparable: int
    matches: tuple[Match, ...]


class WatchlistIndex:
    """All templates of one pack. Every template of a case is kept; none are averaged away."""

    def __init__(self, table: Table, present: NDArray[np.bool_], rows: int) -> None:
        """The entries (n,) of `table` that are `present`, among its first `rows`; begin with `empty_index`."""
        self._table = table
        self._present = present
        self._rows = rows

    @property
    def incomparable(self) -> int:
        """Templates of another pack, or that are no unit vectors: they are counted and never compared."""
        return int(self._table.incomparable.first(len(self._present))[self._present].sum())

    @property
    def newest(self) -> int:
        """The greatest list version in which an entry was added or changed; 0 for an empty list."""
        return int(self._column("listed")[self._present].max(initial=0))

    @property
    def is_mostly_waste(self) -> bool:
        """Whether more entries are held in memory than an index that is made anew would hold twice."""
        return len(self._table.cases) > 2 * int(self._present.sum()) + BLOCK

    def cases_on(self, day: date) -> int:
        """How many cases have not expired on that day."""
        return int((self._column("expires")[self._present] >= day.toordinal()).sum())

    def applied(self, segment: Segment) -> "WatchlistIndex":
        """The list after a segment that follows. This one stays as it is."""
        table, before = self._table, len(self._present)
        extent = table.append(segment.slice, segment.upserts)
        present = np.zeros(extent.entries, np.bool_)
        present[:before] = self._present
        if segment.snapshot:
            present &= table.slice_codes.first(extent.entries) != table.slices.index(segment.slice)
        for case in (*segment.upserts.cases, *segment.removals):
            if (number := table.find(segment.slice, case, present)) is not None:
                present[number] = False
        present[extent.entries - len(segment.upserts.cases) :] = True
        return WatchlistIndex(table, present, extent.rows)

    def search(self, probe: Probe, *, limit: int = MAX_CANDIDATES, newer_than: int = 0) -> Found:
        """The best `limit` comparable cases whose score is enough, best first.

        `newer_than`: only entries that were added or changed in a later version of the list are found. They are
        measured by the whole list all the same: one of many searches must not ask for less than another.

        What is enough depends on how many photos can compete for someone of this sex and age. A case's score
        is the best of its photos'. Raises models' PackMismatchError when the probe was made with another pack.
        """
        scoring = self._table.scoring
        query = scoring.probe(probe.template)
        fit = self._comparable(probe)
        count, band = sum(int(mask.sum()) for _, _, mask in self._by_block(fit)), probe.band
        # FAISS wants more than the threshold; a score that equals it is enough.
        below = float(np.nextafter(np.float32(scoring.threshold(band, count)), np.float32(-np.inf)))
        scored = [
            (score, place + row)
            for place, block, mask in self._by_block(fit & (self._column("listed") > newer_than))
            for score, row in _range_search(block, mask, query, below)
        ]
        best = self._best_per_case(scored, limit)
        return Found(count, tuple(self._match(probe, row, score, band, count) for score, row in best))

    def _comparable(self, probe: Probe) -> NDArray[np.bool_]:
        """(n,) which entries may be compared with a probe."""
        entries = Attributes(*(self._column(name) for name in ("sexes", "born_from", "born_to", "expires")))
        return self._present & comparable(entries, sex=probe.sex, age_band=probe.age_band, today=probe.day)

    def _by_block(self, entries: NDArray[np.bool_]) -> Iterator[tuple[int, Block, NDArray[np.bool_]]]:
        """Each block that has a template of these entries: the number of its first row, and which rows those are."""
        for place, block in zip(range(0, self._rows, self._table.block), self._table.blocks, strict=False):
            mask = entries[block.owners[: self._rows - place]]
            if mask.any():
                yield place, block, mask

    def _best_per_case(self, scored: list[tuple[float, int]], limit: int) -> list[tuple[float, int]]:
        """The best row of each case with its score. Ties are broken by name: equal lists give equal candidates."""
        best: dict[CaseId, tuple[float, int]] = {}
        for score, case, _, row in sorted((-score, *self._table.owner(row), row) for score, row in scored):
            best.setdefault(case, (-score, row))
            if len(best) == limit:
                break
        return list(best.values())

    def _match(self, probe: Probe, row: int, score: float, band: Band | None, count: int) -> Match:
        raw = float(np.clip(self._table.template(row) @ probe.template.vector, -1, 1))
        return Match(*self._table.owner(row), raw, score, self._table.scoring.chance(score, band, count))

    def _column(self, name: str) -> NDArray[np.signedinteger]:
        return self._table.column(name, len(self._present))


def empty_index(scoring: Scoring, dimension: int, block: int = BLOCK) -> WatchlistIndex:
    """A list of nobody, for templates of `dimension` values of the pack that `scoring` is for."""
    return WatchlistIndex(Table(scoring, dimension, block), np.zeros(0, np.bool_), rows=0)


def _range_search(
    block: Block, mask: NDArray[np.bool_], query: NDArray[np.float32], below: float
) -> Iterator[tuple[float, int]]:
    """Score and row of every row that competes and scores more than `below`."""
    bits = np.packbits(mask, bitorder="little")
    parameters = faiss.SearchParameters()
    parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    _, scores, rows = block.index.range_search(query[None], below, params=parameters)
    return zip(scores.tolist(), rows.tolist(), strict=True)
