"""`mca demo`: the whole of it, step by step, and at the end nothing left running."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Let two scripted operators confirm the first candidate, then end.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --once: print one JSON object on standard output.")
    ] = False,
) -> None:
    """Show the main job on this machine: a throwaway hub, a unit, two cases, four intakes, two operators."""
    from rich.console import Console

    from faults import RejectedError
    from mca.demo.story import tell

    if json and not once:
        raise RejectedError("--json belongs to --once: without it the demonstration goes on until it is stopped.")
    narrator = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="mca-demo-") as folder:
        report = tell(Path(folder), narrator, once=once)
    if report is None:
        return
    if json:
        typer.echo(report.to_json())
    else:
        report.show(Console())
