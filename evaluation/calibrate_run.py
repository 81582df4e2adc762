"""`mca evaluate calibrate`: fit a pack's calibration and write it into the pack."""

import os
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evaluation.calibrate import calibrate, people_of
from evaluation.collect import candidates, named_photos, nameless_photos
from evaluation.devlists import distinct
from evaluation.runs import Run, progress, templates_of
from models.calibration import CalibrationFile, Source, write_calibration
from models.pack import default_pack_path, load_pack

__all__ = ["run_calibrate"]


def run_calibrate(adults: Path, nameless: Path, run: Run, today: date) -> None:
    """Fit on one photograph of each person of both collections, near-duplicates dropped."""
    pack = load_pack(run.pack or default_pack_path())
    with progress() as stage:
        stage("Reading the collections", None)
        named, described = named_photos(adults), nameless_photos(nameless)
        templates = templates_of([*named, *described], pack, run, stage)
        stage("Fitting", None)
        root = Path(os.path.commonpath([adults, nameless]))
        kept = distinct(candidates([*named, *described], templates, root))
        persons = {one.person for one in kept if one.person and one.vector is not None}
        alone = sum(not one.person and one.vector is not None for one in kept)
        sources = [Source(adults.name, len(persons)), Source(nameless.name, alone)]
        fitted = calibrate(pack, people_of(kept), sources, today)
    write_calibration(pack, fitted.content, fitted.population)
    _print(fitted.content, Console())


def _print(content: CalibrationFile, console: Console) -> None:
    table = Table("age", "people", "pairs", *(f"score at 1 in {n:,}" for n in (100, 1000, 10_000)))
    for band, curve in content.bands.items():
        scores = (curve.score_for(1 / n) for n in (100, 1000, 10_000))
        table.add_row(band, str(curve.people), f"{curve.pairs:,}", *(f"{score:.3f}" for score in scores))
    console.print(table)
