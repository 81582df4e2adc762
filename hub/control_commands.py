"""`mca hub control-pairs`: known pairs of photographs, by which reviewers learn how well they do."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands import actor, services_of

app = typer.Typer(help="Known pairs of photographs among those that reviewers compare.", no_args_is_help=True)


@app.command()
def load(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="With the pictures and manifest.csv; what is in it is in use.")],
) -> None:
    """Use the control pairs of a folder, and no others. All of them are taken, or none and you are told why."""
    services = services_of(context)
    pairs = services.review.controls.load(folder, services.photographs, actor(), services.clock())
    typer.echo(f"{pairs} control pairs are in use.")
