"""`mca evaluate quality`: at which values of each quality measure comparison fails, and so its limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from evaluation.acquire import subject
from evaluation.collect import named_photos
from evaluation.degrade import DEGRADATIONS
from evaluation.discard import RETAKE_AT, WARN_AT, Trial, discard_curve, limit_at
from evaluation.rates import threshold_at
from evaluation.runs import Run, progress
from models.images import RgbImage, decode_image
from models.pack import default_pack_path, load_pack
from models.quality import LIMITS, Measure, assess
from models.recogniser import Recogniser
from models.template import Template, similarity

__all__ = ["run_quality"]

_FAR = 0.001
_LEVELS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
_DISCARDED = (0.0, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class _Probe:
    """A probe's components, and how it compares with its person's other photograph."""

    quality: dict[Measure, float]
    score: float


def run_quality(adults: Path, people: int, run: Run) -> None:
    """Compare people with themselves, one photograph as it is and the other made worse step by step."""
    recogniser = Recogniser(load_pack(run.pack or default_pack_path()))
    pairs = _pairs(adults, people)
    probes: dict[Measure, list[_Probe]] = {measure: [] for measure in DEGRADATIONS}
    natural: list[_Probe] = []
    references: list[Template] = []
    with progress() as stage:
        advance = stage("Comparing", len(pairs))
        for reference, probe in pairs:
            known = _template(recogniser, reference)
            if known is not None:
                references.append(known)
                for measure, worse in DEGRADATIONS.items():
                    probes[measure] += _degraded(recogniser, known, probe, worse)
                natural += _degraded(recogniser, known, probe, lambda image, _face, _amount: image, (0.0,))
            advance(1)
    limit = _impostor_limit(references)
    _print({**probes, **{measure: natural for measure in Measure if measure not in probes}}, limit, Console())


def _pairs(adults: Path, people: int) -> list[tuple[RgbImage, RgbImage]]:
    by_person: dict[str, list[Path]] = {}
    for photo in named_photos(adults):
        by_person.setdefault(photo.person, []).append(photo.path)
    several = [paths for paths in by_person.values() if len(paths) > 1][:people]
    return [(decode_image(one.read_bytes()), decode_image(two.read_bytes())) for one, two, *_ in several]


def _template(recogniser: Recogniser, image: RgbImage) -> Template | None:
    faces = recogniser.detect(image)
    return recogniser.embed([recogniser.align(image, subject(faces, image))])[0] if faces else None


def _degraded(
    recogniser: Recogniser,
    known: Template,
    image: RgbImage,
    worse: Callable[..., RgbImage],
    levels: Sequence[float] = _LEVELS,
) -> list[_Probe]:
    faces = recogniser.detect(image)
    if not faces:
        return []
    face, found = subject(faces, image), []
    for level in levels:
        picture = worse(image, face, level)
        seen = recogniser.detect(picture)
        # No face is a cause of its own, named before any other, so it says nothing about a measure's limit.
        if seen:
            one = subject(seen, picture)
            quality = {part.measure: part.score for part in assess(picture, seen, one).components}
            template = recogniser.embed([recogniser.align(picture, one)])[0]
            found.append(_Probe(quality, similarity(known, template)))
    return found


def _impostor_limit(references: Sequence[Template]) -> float:
    vectors = np.stack([template.vector for template in references])
    return threshold_at((vectors @ vectors.T)[np.triu_indices(len(vectors), 1)], _FAR)


def _print(probes: dict[Measure, list[_Probe]], limit: float, console: Console) -> None:
    table = Table(
        "measure", "probes", f"miss {RETAKE_AT:.0%} below", f"miss {WARN_AT:.0%} below", "in use",
        *(f"misses, worst {share:.0%} off" for share in _DISCARDED),
        title=f"Misses at FAR {_FAR:.1%}, by quality (0 to 100)",
    )  # fmt: skip
    for measure, found in probes.items():
        trials = [Trial(probe.quality[measure], probe.score <= limit) for probe in found]
        used = LIMITS[measure]
        table.add_row(
            measure.name.lower(),
            str(len(trials)),
            f"{limit_at(trials, RETAKE_AT):.0f}",
            f"{limit_at(trials, WARN_AT):.0f}",
            f"{used.retake:g} / {used.warn:g}",
            *(f"{rate:.1%}" for rate in discard_curve(trials, _DISCARDED)),
        )
    console.print(table)
