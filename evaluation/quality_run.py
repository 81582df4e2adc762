"""`mca evaluate quality`: at which values of each quality measure comparison fails, and so its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from evaluation.acquire import subject
from evaluation.collect import named_photos
from evaluation.degrade import DEGRADATIONS, Degradation
from evaluation.discard import RETAKE_AT, WARN_AT, Trial, discard_curve, limit_at
from evaluation.rates import threshold_at
from evaluation.runs import Run, progress
from models.detectors import Face
from models.images import RgbImage, decode_image
from models.pack import default_pack_path, load_pack
from models.quality import LIMITS, Measure, assess
from models.recogniser import Recogniser
from models.template import Template, similarity

__all__ = ["run_quality"]

_FAR = 0.001
_LEVELS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
_DISCARDED = (0.0, 0.05, 0.1, 0.2)
_FEW = 15  # Photographs beyond whose quality nothing can be said.


@dataclass(frozen=True, slots=True)
class _Probe:
    """A probe's components, and how it compares with its person's other photograph."""

    quality: dict[Measure, float]
    score: float


def run_quality(adults: Path, people: int, run: Run) -> None:
    """Compare people with themselves: a photograph with their others and, of `people`, with one made worse."""
    recogniser = Recogniser(load_pack(run.pack or default_pack_path()))
    collection = _several(adults)
    worse: dict[Measure, list[_Probe]] = {measure: [] for measure in DEGRADATIONS}
    natural: list[_Probe] = []
    references: list[Template] = []
    with progress() as stage:
        advance = stage("Comparing", len(collection))
        for place, (reference, *others) in enumerate(collection):
            known = _template(recogniser, _picture(reference))
            if known is not None:
                references.append(known)
                for other in others:
                    natural += _probes(recogniser, known, _picture(other), _unchanged, (0.0,))
                for measure, degrade in DEGRADATIONS.items() if place < people else ():
                    worse[measure] += _probes(recogniser, known, _picture(others[0]), degrade, _LEVELS)
            advance(1)
    _print(natural, worse, _impostor_limit(references), Console())


def _several(adults: Path) -> list[list[Path]]:
    """The photographs of each person who has several."""
    by_person: dict[str, list[Path]] = {}
    for photo in named_photos(adults):
        by_person.setdefault(photo.person, []).append(photo.path)
    return [paths for paths in by_person.values() if len(paths) > 1]


def _picture(path: Path) -> RgbImage:
    return decode_image(path.read_bytes())


def _unchanged(image: RgbImage, _face: Face, _amount: float) -> RgbImage:
    return image


def _template(recogniser: Recogniser, image: RgbImage) -> Template | None:
    faces = recogniser.detect(image)
    return recogniser.embed([recogniser.align(image, subject(faces, image))])[0] if faces else None


def _probes(
    recogniser: Recogniser, known: Template, image: RgbImage, worse: Degradation, levels: Sequence[float]
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


def _print(natural: list[_Probe], worse: dict[Measure, list[_Probe]], limit: float, console: Console) -> None:
    table = Table(
        "measure", "probes", f"miss {RETAKE_AT:.0%} below", f"miss {WARN_AT:.0%} below", f"as they are, {_FEW} below",
        "in use", *(f"misses, worst {share:.0%} off" for share in _DISCARDED),
        title=f"Misses at FAR {_FAR:.1%}, by quality (0 to 100)",
    )  # fmt: skip
    for measure in Measure:
        trials = [Trial(one.quality[measure], one.score <= limit) for one in worse.get(measure, natural)]
        used, seen = LIMITS[measure], sorted(one.quality[measure] for one in natural)
        table.add_row(
            measure.name.lower(),
            str(len(trials)),
            f"{limit_at(trials, RETAKE_AT):.0f}",
            f"{limit_at(trials, WARN_AT):.0f}",
            f"{seen[min(_FEW, len(seen)) - 1]:.0f}" if seen else "",
            f"{used.retake:g} / {used.warn:g}",
            *(f"{rate:.1%}" for rate in discard_curve(trials, _DISCARDED)),
        )
    console.print(table)
