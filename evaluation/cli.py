"""`mca evaluate`: measure recognition on lists of photographs, and publish what it can and cannot do."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Measure recognition in the terms of NIST FRTE, with intervals, and publish it.",
    pretty_exceptions_enable=False,
)

_Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")]
_Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report that explains itself.")]
_PackOption = Annotated[Path | None, typer.Option(metavar="DIR", help="Recognition pack (default: the shipped one).")]
_Photos = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder that paths in the lists are relative to. Without it, and where a photograph is not in it: "
        "the list's own folder, then a folder of the list's name beside it, then the folder in MCA_DATA.",
    ),
]
_Threads = Annotated[int, typer.Option(min=1, max=256, help="Photographs looked at side by side.")]
_Cache = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Private folder for templates (default: in your cache folder, see the manual)."),
]
_Bootstrap = Annotated[int, typer.Option(min=100, max=100_000, help="Draws of people for the intervals.")]
_Seed = Annotated[int, typer.Option(min=0, help="Seed of those draws.")]


@app.command()
def identify(
    gallery: Annotated[Path, typer.Option(metavar="CSV", help="Enrolled: path,person,age,sex,group.")],
    probes: Annotated[Path, typer.Option(metavar="CSV", help="Searched for, same columns; no person: no mate.")],
    *,
    as_json: _Json = None,
    html: _Html = None,
    pack: _PackOption = None,
    photos: _Photos = None,
    threads: _Threads = 1,
    cache: _Cache = None,
    bootstrap: _Bootstrap = 1000,
    seed: _Seed = 0,
) -> None:
    """Open-set search 1:N: who is missed (FNIR) at how many false candidates (FPIR)."""
    from evaluation.runs import Run, run_identify

    run_identify(gallery, probes, Run(as_json, html, pack, photos, threads, cache, bootstrap, seed))


@app.command()
def verify(
    pairs: Annotated[Path, typer.Option(metavar="CSV", help="Pairs: a,b,same, where same is 1 or 0.")],
    *,
    as_json: _Json = None,
    html: _Html = None,
    pack: _PackOption = None,
    photos: _Photos = None,
    threads: _Threads = 1,
    cache: _Cache = None,
    bootstrap: _Bootstrap = 1000,
    seed: _Seed = 0,
) -> None:
    """Comparison 1:1: how many pairs of one person are accepted (TAR) at which rate of false ones (FAR)."""
    from evaluation.runs import Run, run_verify

    run_verify(pairs, Run(as_json, html, pack, photos, threads, cache, bootstrap, seed))


@app.command()
def lists(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An existing folder to write the lists into.")],
    *,
    adults: Annotated[Path, typer.Option(metavar="DIR", help="One folder per person with their photographs.")],
    nameless: Annotated[
        Path, typer.Option(metavar="DIR", help="Photographs of people whose age and sex stand in the CSV file beside.")
    ],
    pack: _PackOption = None,
    threads: _Threads = 1,
    cache: _Cache = None,
) -> None:
    """Make the lists that development is measured on, the same ones everywhere from the same photographs."""
    from evaluation.runs import Run, run_lists

    run_lists(folder, adults.resolve(), nameless.resolve(), Run(pack=pack, threads=threads, cache=cache))


@app.command()
def calibrate(
    *,
    adults: Annotated[Path, typer.Option(metavar="DIR", help="One folder per person with their photographs.")],
    nameless: Annotated[
        Path, typer.Option(metavar="DIR", help="Photographs of people whose age and sex stand in the CSV file beside.")
    ],
    pack: _PackOption = None,
    threads: _Threads = 1,
    cache: _Cache = None,
) -> None:
    """Fit what a pack's scores mean, per age band, and write it into the pack."""
    from datetime import UTC, datetime

    from evaluation.calibrate_run import run_calibrate
    from evaluation.runs import Run

    run = Run(pack=pack, threads=threads, cache=cache)
    run_calibrate(adults.resolve(), nameless.resolve(), run, datetime.now(UTC).date())


@app.command()
def quality(
    *,
    adults: Annotated[Path, typer.Option(metavar="DIR", help="One folder per person with their photographs.")],
    people: Annotated[int, typer.Option(min=20, help="People of whom a photograph is made worse.")] = 250,
    pack: _PackOption = None,
) -> None:
    """Find from which quality on a photograph can be relied on: error versus discard."""
    from evaluation.quality_run import run_quality
    from evaluation.runs import Run

    run_quality(adults.resolve(), people, Run(pack=pack))


@app.command()
def card(
    *,
    records: Annotated[Path, typer.Option(metavar="DIR", help="Evaluations as JSON, one file each.")] = Path(
        "docs/evaluation"
    ),
    out: Annotated[Path, typer.Option(metavar="FILE", help="The model card to write.")] = Path("docs/model_card.md"),
    pack: _PackOption = None,
) -> None:
    """Write a pack's model card from the pack and its evaluations."""
    from evaluation.runs import run_card

    run_card(records, out, pack)
