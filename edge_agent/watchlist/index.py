"""Exact search over a watchlist's templates: FAISS flat inner product on unit vectors, in memory only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import faiss
import numpy as np
from numpy.typing import NDArray

from edge_agent.watchlist.comparable import SEX_CODES, Attributes, comparable
from models.errors import PackMismatchError
from models.template import Template
from protocol.ids import CaseId, PhotoId
from protocol.person import AgeBand, Sex
from protocol.sighting import MAX_CANDIDATES
from protocol.watchlist import EntryTemplate, WatchlistEntry

# As models.template has it: float32 keeps a unit vector well within this of its length.
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Probe:
    """What an intake looks for: the templates of its captures, and whom they may be compared with."""

    templates: Sequence[Template]
    sex: Sex
    age_band: AgeBand
    day: date


@dataclass(frozen=True, slots=True)
class Match:
    """A case that resembles the probe, by its photo that resembles it most."""

    case: CaseId
    photo: PhotoId
    score: float


class WatchlistIndex:
    """All templates of one pack. Every template of a case is kept; none are averaged away."""

    def __init__(self, entries: Iterable[WatchlistEntry], *, pack_digest: str, dimension: int) -> None:
        """Templates of another pack, or that are no unit vectors of `dimension`, are counted and never compared."""
        self._pack_digest = pack_digest
        self.incomparable = 0
        self._owners: list[tuple[CaseId, PhotoId]] = []
        entries = list(entries)
        usable = _UsableTemplates(bytes.fromhex(pack_digest), dimension)
        rows: list[WatchlistEntry] = []
        for entry in entries:
            for template in entry.templates:
                if usable.add(template):
                    rows.append(entry)
                    self._owners.append((entry.case, template.photo))
                else:
                    self.incomparable += 1
        self._expiries = np.array([entry.expires.toordinal() for entry in entries], np.int32)
        self._attributes = _attributes(rows)
        self._index = faiss.IndexFlatIP(dimension)
        self._index.add(usable.matrix())

    def cases_on(self, day: date) -> int:
        """How many cases have not expired on that day."""
        return int((self._expiries >= day.toordinal()).sum())

    def search(self, probe: Probe, *, minimum_score: float, limit: int = MAX_CANDIDATES) -> list[Match]:
        """The best `limit` comparable cases of at least `minimum_score` (cosine, −1 to 1), best first.

        A case's score is the best of any of its photos with any of the probe's templates.
        Raises models' PackMismatchError when the probe was made with another pack.
        """
        if any(template.pack_digest != self._pack_digest for template in probe.templates):
            raise PackMismatchError("The photograph and the watchlist were made by different recognition packs.")
        allowed = comparable(self._attributes, sex=probe.sex, age_band=probe.age_band, today=probe.day)
        queries = np.stack([template.vector for template in probe.templates])
        bits = np.packbits(allowed, bitorder="little")
        parameters = faiss.SearchParameters()
        parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        # FAISS wants more than the threshold; a score that equals the minimum is enough.
        below = float(np.nextafter(np.float32(minimum_score), np.float32(-2)))
        _, scores, rows = self._index.range_search(queries, below, params=parameters)
        return self._best_per_case(scores, rows, limit)

    def _best_per_case(self, scores: NDArray[np.float32], rows: NDArray[np.int64], limit: int) -> list[Match]:
        best: dict[CaseId, Match] = {}
        # Ties are broken by row, so that equal bytes in give equal candidates out.
        for position in np.lexsort((rows, -scores)):
            case, photo = self._owners[rows[position]]
            if case not in best:
                best[case] = Match(case, photo, min(float(scores[position]), 1.0))
                if len(best) == limit:
                    break
        return list(best.values())


class _UsableTemplates:
    """Collects the vectors that can be compared with this pack's."""

    def __init__(self, pack_digest: bytes, dimension: int) -> None:
        self._pack_digest = pack_digest
        self._dimension = dimension
        self._vectors: list[NDArray[np.float32]] = []

    def add(self, template: EntryTemplate) -> bool:
        if template.pack_digest != self._pack_digest or len(template.vector) != 4 * self._dimension:
            return False
        vector = np.frombuffer(template.vector, "<f4")
        # Written so that a length that is not a number is refused too.
        if not abs(float(vector @ vector) - 1) <= 2 * _LENGTH_TOLERANCE:
            return False
        self._vectors.append(vector)
        return True

    def matrix(self) -> NDArray[np.float32]:
        if not self._vectors:
            return np.empty((0, self._dimension), np.float32)
        return np.stack(self._vectors).astype(np.float32, copy=False)


def _attributes(rows: Sequence[WatchlistEntry]) -> Attributes:
    return Attributes(
        sexes=np.array([SEX_CODES[entry.sex] for entry in rows], np.int8),
        born_from=np.array([entry.birth.earliest.ordinal for entry in rows], np.int32),
        born_to=np.array([entry.birth.latest.ordinal for entry in rows], np.int32),
        expires=np.array([entry.expires.toordinal() for entry in rows], np.int32),
    )
