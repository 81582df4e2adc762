"""One run from the command line: read everything, measure, show, and only then write."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from credentials.private_files import write_public
from evaluation.acquire import Templates, acquire
from evaluation.cache import TemplateCache, default_cache_path
from evaluation.collect import candidates, named_photos, nameless_photos, write_lists
from evaluation.devlists import development_lists, distinct
from evaluation.errors import OutputRefusedError, ReportToolsMissingError
from evaluation.identify import Trial, identify
from evaluation.lists import Photo, read_pairs, read_photos
from evaluation.measure import Resampling
from evaluation.normalised import NormalisedScore
from evaluation.record import require_writable, write_record
from evaluation.scoring import RawCosine, Scorers
from evaluation.tables import print_identification, print_lists, print_verification
from evaluation.verify import verify
from models.calibration import CALIBRATION, Calibration, load_calibration
from models.pack import Pack, default_pack_path, load_pack
from models.recogniser import Recogniser
from models.scoring import Scorer

__all__ = [
    "Run",
    "Stage",
    "progress",
    "run_card",
    "run_identify",
    "run_lists",
    "run_verify",
    "scorers_of",
    "templates_of",
]


@dataclass(frozen=True, slots=True)
class Run:
    """What the options of a command say."""

    json: Path | None = None
    html: Path | None = None
    pack: Path | None = None
    photos: Path | None = None
    threads: int = 1
    cache: Path | None = None
    bootstrap: int = 1000
    seed: int = 0

    @property
    def resampling(self) -> Resampling:
        """How intervals are drawn."""
        return Resampling(self.bootstrap, self.seed)

    def check_outputs(self) -> None:
        """Raise before the work begins where its results could not be written."""
        for path in (self.json, self.html):
            if path is not None:
                require_writable(path)
        if self.html is not None:
            _require_report_tools()


def run_identify(gallery: Path, probes: Path, run: Run) -> None:
    """Measure an identification and write what was asked for."""
    run.check_outputs()
    pack = load_pack(run.pack or default_pack_path())
    with progress() as stage:
        reading = stage("Reading the lists", None)
        enrolled = read_photos(gallery, run.photos, lambda: reading(1))
        searched = read_photos(probes, run.photos, lambda: reading(1))
        templates = templates_of([*enrolled.photos, *searched.photos], pack, run, stage)
        scorers = scorers_of(pack)
        searches = len(templates.usable(searched.photos)) * (2 if scorers.normalised else 1)
        trial = Trial(enrolled, searched, templates)
        found = identify(pack, trial, scorers, run.resampling, stage("Searching", searches))
    print_identification(found.record, Console())
    if run.json:
        write_record(found.record, run.json)
    if run.html:
        from evaluation.report.page import identification_page

        write_public(run.html, identification_page(found).encode())


def run_verify(pairs: Path, run: Run) -> None:
    """Measure a verification and write what was asked for."""
    run.check_outputs()
    pack = load_pack(run.pack or default_pack_path())
    with progress() as stage:
        reading = stage("Reading the list", None)
        compared = read_pairs(pairs, run.photos, lambda: reading(1))
        templates = templates_of(compared.photos, pack, run, stage)
        record = verify(pack, compared, templates, scorers_of(pack), run.resampling)
    print_verification(record, Console())
    if run.json:
        write_record(record, run.json)
    if run.html:
        from evaluation.report.page import verification_page

        write_public(run.html, verification_page(record).encode())


def run_lists(folder: Path, adults: Path, nameless: Path, run: Run) -> None:
    """Make the development lists of two collections under one folder, and write them to `folder`."""
    if not folder.is_dir():
        raise OutputRefusedError(f"The lists cannot be written: {folder} must be a folder that exists.")
    pack = load_pack(run.pack or default_pack_path())
    with progress() as stage:
        stage("Reading the collections", None)
        named, described = named_photos(adults), nameless_photos(nameless)
        templates = templates_of([*named, *described], pack, run, stage)
    root = Path(os.path.commonpath([adults, nameless]))
    every = candidates([*named, *described], templates, root)
    kept = distinct(every)
    lists = development_lists([one for one in kept if one.person], [one for one in kept if not one.person])
    write_lists(lists, folder, pack.digest, dropped=len(every) - len(kept))
    print_lists(lists, root, len(every) - len(kept), Console())


def run_card(records: Path, out: Path, folder: Path | None) -> None:
    """Write the model card of a pack."""
    _require_report_tools()
    require_writable(out)
    from evaluation.card import model_card, read_records

    pack = load_pack(folder or default_pack_path())
    write_public(out, model_card(pack, _calibration_of(pack), read_records(records)).encode())


def _calibration_of(pack: Pack) -> Calibration | None:
    return load_calibration(pack) if (pack.path / CALIBRATION).exists() else None


def _require_report_tools() -> None:
    if not all(find_spec(name) for name in ("jinja2", "matplotlib")):
        raise ReportToolsMissingError(
            'Reports and cards need packages that are not installed: pip install "missing-child-alert[evaluate]".'
        )


def scorers_of(pack: Pack) -> Scorers:
    """Raw cosine, and normalised scores where the pack is calibrated. Raises PackRejectedError."""
    calibration = _calibration_of(pack)
    if calibration is None:
        return Scorers(RawCosine())
    return Scorers(RawCosine(), NormalisedScore(calibration.population), Scorer(pack, calibration))


Stage = Callable[[str, int | None], Callable[[int], None]]
"""Begins a stage of so many steps and gives what to call as they are done."""


def templates_of(photos: Sequence[Photo], pack: Pack, run: Run, stage: Stage) -> Templates:
    """The templates of all photographs, from the cache where it holds them."""
    advance = stage("Looking for faces", len({photo.digest for photo in photos}))
    with TemplateCache(run.cache or default_cache_path(), pack.digest, pack.manifest.dimension) as cache:
        return acquire(photos, Recogniser(pack), cache, threads=run.threads, advance=advance)


@contextmanager
def progress() -> Iterator[Stage]:
    """Bars on standard error, one per stage, gone when the work is done."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def stage(title: str, steps: int | None) -> Callable[[int], None]:
            task = progress.add_task(title, total=steps)
            return lambda done: progress.advance(task, done)

        yield stage
