"""How the hub's own recogniser judges a candidate: with its own pack, and only against templates of that pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog

from faults import MisconfiguredError
from models.bands import Band
from models.calibration import load_calibration
from models.errors import PackRejectedError
from models.normalise import Rows
from models.pack import Pack
from models.scoring import Scorer
from models.template import Template
from protocol.sighting import Chance

PROVISIONAL_MINIMUM: Final = 0.5
"""The cosine that is enough where nothing is known of any rate, as at units."""

_log = structlog.get_logger()


class UncalibratedHubPackError(MisconfiguredError):
    """Nobody has measured what the scores of the hub's pack mean."""


@dataclass(frozen=True, slots=True)
class OwnScore:
    """The best of a case's photographs: `raw` cosine, `score` and its `chance`, None where nothing is calibrated."""

    raw: float
    score: float
    chance: Chance | None
    enough: bool  # whether the hub's own threshold is reached


class OwnScores:
    """The scores of one pack, calibrated or not."""

    def __init__(self, pack: Pack, *, false_candidates_per_100: float, allow_uncalibrated: bool) -> None:
        """Raises UncalibratedHubPackError for a pack without a calibration of its own, unless that is allowed."""
        self.pack_digest = bytes.fromhex(pack.digest)
        self._wanted = false_candidates_per_100
        self._scorer = _scorer(pack, allow_uncalibrated=allow_uncalibrated)

    def gallery(self, vectors: Rows) -> Rows:
        """Unit templates (n, d) float32 as rows for `rate`."""
        return vectors if self._scorer is None else self._scorer.entries(vectors)

    def rate(self, probe: Template, gallery: Rows) -> Rows:
        """(n,) scores of a probe against the rows of a gallery: normalised, or cosines of an uncalibrated pack."""
        return np.asarray(gallery @ (probe.vector if self._scorer is None else self._scorer.probe(probe)), np.float32)

    def threshold(self, band: Band | None, comparable: int) -> float:
        """The score from which on a case is named."""
        if self._scorer is None:
            return PROVISIONAL_MINIMUM
        return self._scorer.threshold(band, comparable, self._wanted)

    def judge(self, probe: Template, vectors: Sequence[bytes], band: Band | None, comparable: int) -> OwnScore:
        """A probe against at least one template (little-endian float32) of the same pack.

        `comparable`: among how many photos of the list a candidate was looked for.
        """
        rows = np.stack([np.frombuffer(vector, "<f4") for vector in vectors]).astype(np.float32, copy=False)
        cosines = rows @ probe.vector
        if self._scorer is None:
            best = float(cosines.max())
            return OwnScore(_cosine(best), best, None, best >= PROVISIONAL_MINIMUM)
        scores = self._scorer.score(probe, rows)
        position = int(scores.argmax())
        score = float(scores[position])
        found = self._scorer.chance(score, band, comparable)
        chance = Chance(found.per_search, found.low, found.high, found.candidates, found.counted)
        enough = score >= self.threshold(band, comparable)
        return OwnScore(_cosine(cosines[position]), score, chance, enough)


def _scorer(pack: Pack, *, allow_uncalibrated: bool) -> Scorer | None:
    try:
        return Scorer(pack, load_calibration(pack))
    except PackRejectedError as error:
        if not allow_uncalibrated:
            raise UncalibratedHubPackError(
                "{error} Install a calibrated pack, or set uncalibrated = true in hub.toml: reviewers are then told"
                " that nothing is known of how often strangers score as high.",
                error=error,
            ) from error
        _log.warning("recognition.uncalibrated", reason=str(error))
        return None


def _cosine(value: float) -> float:
    return float(np.clip(value, -1, 1))
