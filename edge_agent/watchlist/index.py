"""Exact search over a watchlist's templates: FAISS flat inner product, in memory only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray

from edge_agent.watchlist.comparable import SEX_CODES, Attributes, comparable
from edge_agent.watchlist.scoring import Scoring
from models.bands import Band
from models.scoring import Chance
from models.template import Template
from protocol.ids import CaseId, PhotoId
from protocol.person import AgeBand, Sex
from protocol.sighting import MAX_CANDIDATES
from protocol.watchlist import EntryTemplate, WatchlistEntry

# As models.template has it: float32 keeps a unit vector well within this of its length.
_LENGTH_TOLERANCE = 1e-3
_CHUNK: Final = 4096
"""Templates prepared at once, so that a long list is never in memory twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What an intake looks for, and whom it may be compared with."""

    template: Template
    sex: Sex
    age_band: AgeBand
    day: date


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

    def __init__(self, entries: Iterable[WatchlistEntry], *, scoring: Scoring, dimension: int) -> None:
        """Templates of another pack, or that are no unit vectors of `dimension`, are counted and never compared."""
        self._scoring = scoring
        entries = list(entries)
        usable = [
            (entry, template.photo, vector)
            for entry in entries
            for template in entry.templates
            if (vector := _usable(template, bytes.fromhex(scoring.pack_digest), dimension)) is not None
        ]
        self.incomparable = sum(len(entry.templates) for entry in entries) - len(usable)
        self._owners = [(entry.case, photo) for entry, photo, _ in usable]
        self._expiries = np.array([entry.expires.toordinal() for entry in entries], np.int32)
        self._attributes = _attributes([entry for entry, _, _ in usable])
        # Normalising alters a template. What it was is asked for the few candidates alone, and half the bytes
        # give their cosine to four decimals.
        self._originals = np.empty((len(usable), dimension), np.float16)
        self._index = self._fill([vector for _, _, vector in usable], dimension)

    def cases_on(self, day: date) -> int:
        """How many cases have not expired on that day."""
        return int((self._expiries >= day.toordinal()).sum())

    def search(self, probe: Probe, *, limit: int = MAX_CANDIDATES) -> Found:
        """The best `limit` comparable cases whose score is enough, best first.

        What is enough depends on how many photos can compete for someone of this sex and age. A case's score
        is the best of its photos'. Raises models' PackMismatchError when the probe was made with another pack.
        """
        query = self._scoring.probe(probe.template)
        allowed = comparable(self._attributes, sex=probe.sex, age_band=probe.age_band, today=probe.day)
        count, band = int(allowed.sum()), Band(probe.age_band)
        bits = np.packbits(allowed, bitorder="little")
        parameters = faiss.SearchParameters()
        parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        # FAISS wants more than the threshold; a score that equals it is enough.
        below = np.nextafter(np.float32(self._scoring.threshold(band, count)), np.float32(-np.inf))
        _, scores, rows = self._index.range_search(query[None], float(below), params=parameters)
        best = self._best_per_case(scores, rows, limit)
        return Found(count, tuple(self._match(probe, row, score, band, count) for row, score in best))

    def _fill(self, vectors: Sequence[NDArray[np.float32]], dimension: int) -> faiss.IndexFlatIP:
        width = self._scoring.gallery(np.empty((0, dimension), np.float32)).shape[1]
        index = faiss.IndexFlatIP(width)
        # Written where FAISS will read them: its `add` would hold the list twice while it grows.
        index.codes.resize(len(vectors) * width * 4)
        index.ntotal = len(vectors)
        if vectors:
            rows = faiss.rev_swig_ptr(index.get_xb(), len(vectors) * width).reshape(-1, width)
            for start in range(0, len(vectors), _CHUNK):
                part = np.stack(vectors[start : start + _CHUNK])
                rows[start : start + len(part)] = self._scoring.gallery(part)
                self._originals[start : start + len(part)] = part
        return index

    def _best_per_case(
        self, scores: NDArray[np.float32], rows: NDArray[np.int64], limit: int
    ) -> list[tuple[int, float]]:
        """The best row of each case with its score. Ties are broken by row: equal lists give equal candidates."""
        best: dict[CaseId, tuple[int, float]] = {}
        for position in np.lexsort((rows, -scores)):
            row = int(rows[position])
            best.setdefault(self._owners[row][0], (row, float(scores[position])))
            if len(best) == limit:
                break
        return list(best.values())

    def _match(self, probe: Probe, row: int, score: float, band: Band, count: int) -> Match:
        raw = float(np.clip(self._originals[row].astype(np.float32) @ probe.template.vector, -1, 1))
        return Match(*self._owners[row], raw, score, self._scoring.chance(score, band, count))


def _usable(template: EntryTemplate, pack_digest: bytes, dimension: int) -> NDArray[np.float32] | None:
    """A template's vector (d,), or None when it cannot be compared with this pack's."""
    if template.pack_digest != pack_digest or len(template.vector) != 4 * dimension:
        return None
    vector = np.frombuffer(template.vector, "<f4")
    # Written so that a length that is not a number is refused too.
    return vector if abs(float(vector @ vector) - 1) <= 2 * _LENGTH_TOLERANCE else None


def _attributes(rows: Sequence[WatchlistEntry]) -> Attributes:
    return Attributes(
        sexes=np.array([SEX_CODES[entry.sex] for entry in rows], np.int8),
        born_from=np.array([entry.birth.earliest.ordinal for entry in rows], np.int32),
        born_to=np.array([entry.birth.latest.ordinal for entry in rows], np.int32),
        expires=np.array([entry.expires.toordinal() for entry in rows], np.int32),
    )
