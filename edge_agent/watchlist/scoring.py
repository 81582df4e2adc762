"""What turns templates into scores, and a wanted rate of false candidates into the score that is enough."""

from typing import Final, Protocol

import structlog

from faults import MisconfiguredError
from models.bands import Band
from models.calibration import load_calibration
from models.errors import PackMismatchError, PackRejectedError
from models.normalise import Rows
from models.pack import Pack
from models.scoring import Chance, Scorer
from models.template import Template

PROVISIONAL_MINIMUM: Final = 0.5
"""The cosine that is enough where nothing is known of any rate: adults rarely reach it, small children often."""

logger = structlog.get_logger()


class UncalibratedPackError(MisconfiguredError):
    """Nobody has measured what the pack's scores mean, so no wanted rate can be kept."""


class Scoring(Protocol):
    """Scores as inner products of gallery rows with a probe's row, each of the same width."""

    @property
    def pack_digest(self) -> str:
        """The embedding space of templates that may be compared."""

    @property
    def calibration_digest(self) -> str | None:
        """64 hex digits; None where nothing is calibrated."""

    def gallery(self, vectors: Rows) -> Rows:
        """Unit templates (n, d) float32 as rows (n, w), the templates themselves in the first d columns."""

    def probe(self, template: Template) -> Rows:
        """A probe's row (w,). Raises models' PackMismatchError for a template of another pack."""

    def threshold(self, band: Band | None, comparable: int) -> float:
        """The score that is enough to be a candidate among `comparable` photos. `band`: None where nobody knows it."""

    def chance(self, score: float, band: Band | None, comparable: int) -> Chance | None:
        """What a score says; None where nothing is calibrated."""


class CalibratedScoring:
    """Normalised scores, and thresholds from the wanted rate."""

    def __init__(self, scorer: Scorer, *, false_candidates_per_100: float) -> None:
        """`false_candidates_per_100`: unrelated people that 100 intakes may bring up."""
        self._scorer = scorer
        self._wanted = false_candidates_per_100
        self.pack_digest: str = scorer.pack_digest
        self.calibration_digest: str | None = scorer.calibration_digest

    def gallery(self, vectors: Rows) -> Rows:
        """As `Scoring.gallery`: d + 2 wide."""
        return self._scorer.entries(vectors)

    def probe(self, template: Template) -> Rows:
        """As `Scoring.probe`."""
        return self._scorer.probe(template)

    def threshold(self, band: Band | None, comparable: int) -> float:
        """As `Scoring.threshold`."""
        return self._scorer.threshold(band, comparable, self._wanted)

    def chance(self, score: float, band: Band | None, comparable: int) -> Chance:
        """As `Scoring.chance`."""
        return self._scorer.chance(score, band, comparable)


class CosineScoring:
    """Plain cosines and one provisional minimum, for a pack that nobody has calibrated."""

    calibration_digest: str | None = None

    def __init__(self, pack_digest: str) -> None:
        self.pack_digest = pack_digest

    def gallery(self, vectors: Rows) -> Rows:
        """The templates themselves."""
        return vectors

    def probe(self, template: Template) -> Rows:
        """As `Scoring.probe`."""
        if template.pack_digest != self.pack_digest:
            raise PackMismatchError("This template was made by another recognition pack.")
        return template.vector

    def threshold(self, band: Band | None, comparable: int) -> float:  # noqa: ARG002  Nothing is known of either.
        """PROVISIONAL_MINIMUM."""
        return PROVISIONAL_MINIMUM

    def chance(self, score: float, band: Band | None, comparable: int) -> None:
        """Unknown."""


def open_scoring(pack: Pack, *, false_candidates_per_100: float, allow_uncalibrated: bool) -> Scoring:
    """A pack's scoring.

    Raises UncalibratedPackError for a pack without a calibration of its own, unless `allow_uncalibrated`.
    """
    try:
        calibration = load_calibration(pack)
    except PackRejectedError as error:
        if not allow_uncalibrated:
            raise UncalibratedPackError(
                f"{error} Without a calibration no rate of false candidates can be kept. Install a calibrated pack, "
                "or set uncalibrated = true (or give --uncalibrated) and have every candidate marked as such."
            ) from error
        logger.warning("recognition.uncalibrated", reason=str(error))
        return CosineScoring(pack.digest)
    return CalibratedScoring(Scorer(pack, calibration), false_candidates_per_100=false_candidates_per_100)
