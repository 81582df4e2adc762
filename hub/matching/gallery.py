"""One register as a matrix to search in: every comparable photograph of every open case, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.cases.service import SearchedTemplate
from hub.ingest.own_scores import OwnScores
from hub.matching.comparable import Attributes, comparable
from hub.matching.model import Likeness, SearchResult
from models.bands import Band, band_of
from models.normalise import Rows
from models.template import Template, template_from_bytes
from protocol.comparable import SEX_CODES
from protocol.ids import CaseId, PhotoId
from protocol.person import BirthBand, Month, Sex
from protocol.watchlist import EntryTemplate

MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Probe:
    """A case that is searched for, with the templates of its photographs."""

    case: CaseId
    sex: Sex
    birth: BirthBand
    templates: Sequence[EntryTemplate]

    def band(self, today: Month) -> Band:
        """The age band today, from the middle of the band of birth."""
        middle = (self.birth.earliest.ordinal + self.birth.latest.ordinal) // 2
        return band_of(max(today.ordinal - middle, 0) / 12)


class Gallery:
    """The photographs of one register's open cases."""

    def __init__(self, templates: Sequence[SearchedTemplate], scores: OwnScores) -> None:
        """`templates`: of the pack of `scores`."""
        self._scores = scores
        self._cases = [one.case for one in templates]
        self._photos = [one.template.photo for one in templates]
        self._vectors = _matrix([one.template.vector for one in templates])
        self._rows = scores.gallery(self._vectors) if templates else self._vectors
        self._attributes = Attributes(
            np.array([SEX_CODES[one.sex] for one in templates], np.int8),
            np.array([one.birth.earliest.ordinal for one in templates], np.int32),
            np.array([one.birth.latest.ordinal for one in templates], np.int32),
        )

    def search(self, probe: Probe, today: Month) -> SearchResult:
        """The likeliest comparable cases that reach the threshold of the wanted rate; a case by its best photograph."""
        fits = comparable(self._attributes, sex=probe.sex, birth=probe.birth, this_month=today.ordinal)
        fits &= np.array([case != probe.case for case in self._cases], np.bool_)
        positions = np.flatnonzero(fits)
        if not len(positions) or not probe.templates:
            return SearchResult((), len(positions))
        templates = [_template(one) for one in probe.templates]
        rated = np.stack([self._scores.rate(template, self._rows[positions]) for template in templates])
        best, by = rated.max(axis=0), rated.argmax(axis=0)
        # Every photograph of the probe is one more search of the same list.
        competing = len(positions) * len(templates)
        band = probe.band(today)
        enough = self._scores.threshold(band, competing)
        chosen = self._best_of_each(positions, best, enough)
        found = [
            self._judged(int(positions[at]), templates[by[at]], probe.templates[by[at]].photo, band, competing)
            for at in chosen
        ]
        return SearchResult(tuple(found), competing)

    def _best_of_each(self, positions: NDArray[np.intp], best: Rows, enough: float) -> list[int]:
        chosen: dict[CaseId, int] = {}
        for at in np.argsort(-best, kind="stable"):
            if best[at] < enough or len(chosen) == MOST_CANDIDATES:
                break
            chosen.setdefault(self._cases[positions[at]], int(at))
        return list(chosen.values())

    def _judged(self, row: int, probe: Template, probe_photo: PhotoId, band: Band, competing: int) -> Likeness:
        own = self._scores.judge(probe, [self._vectors[row].tobytes()], band, competing)
        return Likeness(self._cases[row], self._photos[row], probe_photo, own.raw, own.score, own.chance)


def _matrix(vectors: Sequence[bytes]) -> Rows:
    if not vectors:
        return np.zeros((0, 1), np.float32)
    return np.stack([np.frombuffer(vector, "<f4") for vector in vectors]).astype(np.float32, copy=False)


def _template(one: EntryTemplate) -> Template:
    return template_from_bytes(one.vector, one.pack_digest.hex(), len(one.vector) // 4)
